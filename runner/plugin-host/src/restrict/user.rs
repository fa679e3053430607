use rustix::fs::{Gid, Uid};

/// `nobody` on every Linux; a host started by root becomes this user.
const NOBODY: u32 = 65534;

/// Changes the user when started by root. In a user namespace that maps no such user it stays, which is reported.
pub(super) fn leave_root() -> Result<&'static str, String> {
    if !rustix::process::geteuid().is_root() {
        return Ok("own");
    }
    let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    let change = || {
        rustix::thread::set_thread_groups(&[])?;
        rustix::thread::set_thread_res_gid(group, group, group)?;
        rustix::thread::set_thread_res_uid(user, user, user)
    };
    match change() {
        Ok(()) => Ok("nobody"),
        Err(_) if in_a_small_user_namespace() => Ok("own"),
        Err(error) => Err(format!("becoming uid {NOBODY}: {error}")),
    }
}

/// Whether root here is some other user outside, with no other user mapped.
fn in_a_small_user_namespace() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    !map.lines().any(|line| {
        let mut fields = line.split_whitespace().map(|field| field.parse::<u64>().unwrap_or(0));
        let (start, _, count) = (fields.next().unwrap_or(0), fields.next(), fields.next().unwrap_or(0));
        (start..start.saturating_add(count)).contains(&u64::from(NOBODY))
    })
}
