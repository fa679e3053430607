//! A plugin that is a program of its own (feature `program`).

use std::os::fd::{FromRawFd, OwnedFd};

use abi_stable::prefix_type::PrefixTypeTrait;
use abi_stable::std_types::RStr;

use crate::boundary::HostRef;
use crate::peer::{Peer, Socket, functions};

/// Where a program finds the socket of the frames.
const FRAMES: i32 = 3;
/// Where it finds that of the broker.
const BROKER: i32 = 4;

/// Makes the `main` of a plugin that is a program: one that starts processes, which a library may not.
///
/// It takes what [`export_plugin!`](crate::export_plugin) takes, once, in `main.rs`. The runner finds the program by its
/// note in a plugin folder when its file is called `windlass-plugin-...`.
#[macro_export]
macro_rules! program_plugin {
    (name: $name:literal, title: $title:literal, description: $description:literal, steps: [$($step:ty),+ $(,)?] $(,)?) => {
        #[allow(unsafe_code)]
        const _: () = {
            #[used]
            #[unsafe(link_section = ".note.windlass")]
            static NOTE: $crate::note::Note = $crate::note::Note::program($name, env!("CARGO_PKG_VERSION"));
        };

        fn main() -> std::process::ExitCode {
            $crate::__private::main(
                || $crate::__private::metadata(
                    [$name, env!("CARGO_PKG_VERSION"), $title, $description],
                    || vec![$($crate::StepMetadata::of::<$step>()),+],
                ),
                |start, host| $crate::__private::call(start, host, |context, step, config| async move {
                    $(if step == <$step as $crate::Step>::INFO.name {
                        return $crate::__private::run_step::<$step>(context, config).await;
                    })+
                    Err($crate::StepError::new("step.failed", format!("this plugin has no step `{step}`")))
                }),
            )
        }
    };
}

/// What `program_plugin!` makes of it.
pub fn main(
    metadata: fn() -> abi_stable::std_types::RString,
    run: fn(RStr<'_>, HostRef) -> abi_stable::std_types::RString,
) -> std::process::ExitCode {
    if !is_socket(FRAMES) {
        eprintln!("this is a plugin of windlass: put it into a plugin folder; there is nothing to do by hand");
        return std::process::ExitCode::FAILURE;
    }
    let broker = is_socket(BROKER).then(|| take(BROKER));
    let peer = Peer::begin(Socket::new(take(FRAMES)), broker, |_| {}, |_| std::process::exit(3));
    match peer.wait_for_start() {
        None => {
            let metadata = metadata();
            peer.socket.send_line(&format!("{{\"loaded\":{{\"metadata\":{metadata}}}}}"));
        }
        Some(start) => {
            let start = serde_json::to_string(&start).expect("a start frame was read from JSON, so it is JSON again");
            peer.socket.send_line(&run(RStr::from_str(&start), functions().leak_into_prefix()));
        }
    }
    std::process::ExitCode::SUCCESS
}

fn is_socket(descriptor: i32) -> bool {
    let link = std::fs::read_link(format!("/proc/self/fd/{descriptor}"));
    link.is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
}

/// Takes a descriptor that the supervisor left; what the program starts does not get it.
#[expect(unsafe_code, reason = "an inherited descriptor is known by its number only")]
fn take(descriptor: i32) -> OwnedFd {
    // SAFETY: it is open, as was looked at just before, and nothing else in this process knows of it.
    let owned = unsafe { OwnedFd::from_raw_fd(descriptor) };
    // Without the flag a child would hold the socket open; it would have no other effect.
    let _ = rustix::io::fcntl_setfd(&owned, rustix::io::FdFlags::CLOEXEC);
    owned
}
