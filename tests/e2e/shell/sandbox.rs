//! What a step may reach: with `standard` the user's own files, with `strict` the system's programs, and with neither what
//! is the runner's or another step's.

use super::{installation, log, outputs, run, set_steps, step, text};
use crate::installation::{Installation, assert_names, on_postgres};
use crate::started::Started;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use windlass_tests::binaries;

/// Tries each argument in turn: reads a file, lists a folder.
const LOOK: &str = "for place in \"$@\"; do
  if [ -d \"$place\" ]; then ls \"$place\" >/dev/null 2>&1; else head -c 1 \"$place\" >/dev/null 2>&1; fi &&
    echo \"yes $place\" || echo \"no $place\"
done";

/// Which of these a step with this sandbox can read.
#[track_caller]
fn readable(installation: &Installation, sandbox: &str, places: &[PathBuf]) -> Vec<PathBuf> {
    let said = text(installation, LOOK, &[("args", json!(places)), ("sandbox", json!(sandbox))]);
    assert_eq!(said.lines().count(), places.len(), "{said}");
    said.lines().filter_map(|line| line.strip_prefix("yes ")).map(PathBuf::from).collect()
}

/// The runner's own: each is there when a step looks.
fn places_of_the_runner(installation: &Installation) -> Vec<PathBuf> {
    installation.set_key("keys/project/web/any", "value");
    let folder = installation.folder();
    let mut places: Vec<PathBuf> = ["data", "data/windlass.db", "data/scratch", "master.key", "windlass.yaml"]
        .map(|name| folder.join(name))
        .into();
    places.push(binaries::folder("debug").join("libwindlass_plugin_sts.so"));
    places
}

/// A folder as a user has it, made before the step.
fn folder_of_the_user() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "content\n").unwrap();
    folder
}

#[test]
fn standard_reaches_the_users_files_and_not_the_runners() {
    let installation = installation(", allowUnconfined: [web]}");
    let users = folder_of_the_user();
    let theirs = [users.path().join("file"), users.path().to_owned(), "/etc/passwd".into()];
    let runners = places_of_the_runner(&installation);
    let all = [&theirs[..], &runners].concat();
    // The first run makes `data/scratch`; without a sandbox all can be read, so it is the sandbox that denies.
    assert_eq!(readable(&installation, "none", &all), all);
    assert_eq!(readable(&installation, "standard", &all), theirs);
    let script = "echo new >>\"$1/file\"; cp \"$1/file\" \"$1/copy\"; cat \"$1/copy\"";
    assert_eq!(text(&installation, script, &[("args", json!([users.path()]))]), "content\nnew");
    let said =
        text(&installation, "rm -rf \"$1\" 2>&1; echo over", &[("args", json!([installation.folder().join("data")]))]);
    assert_names(&said, &["Permission denied", "over"]);
    assert!(installation.folder().join("data/windlass.db").exists());
}

#[test]
fn strict_reaches_programs_and_its_own_folder_only() {
    let installation = installation("}");
    let users = folder_of_the_user();
    let shared = users.path().join("file");
    let home = PathBuf::from("/etc/shadow");
    let mut places = vec!["/usr/bin".into(), shared, users.path().to_owned(), home];
    text(&installation, "true", &[]);
    places.extend(places_of_the_runner(&installation));
    assert_eq!(readable(&installation, "strict", &places), [Path::new("/usr/bin")]);
    let script = "echo mine >file; cat file; python3 -c 'print(6 * 7)'; echo x >\"$1/new\" || echo denied";
    let strict = [("sandbox", json!("strict")), ("args", json!([users.path()]))];
    assert_eq!(text(&installation, script, &strict), "mine\n42\ndenied");
}

/// The certificate beside the key is no secret.
#[test]
fn what_lets_the_runner_into_its_database_is_kept_from_steps() {
    on_postgres(|| {
        let installation = installation("}");
        let place = |name: &str| installation.folder().join(name);
        let (key, certificate) = (place("client.key"), place("client.crt"));
        let runners = [key.clone(), place("password")];
        let parameters = format!("?sslmode=disable&sslcert={}&sslkey={}", certificate.display(), key.display());
        installation.add_to_database_url(&parameters);
        for file in [&key, &certificate] {
            fs::write(file, "there").unwrap();
        }
        let all = [&runners[..], std::slice::from_ref(&certificate)].concat();
        assert_eq!(readable(&installation, "standard", &all), [certificate]);
    });
}

/// The runner knows all secrets, and so its memory and environment must not be open to a step. Nor must those of another
/// step be, or its folder.
#[test]
fn no_step_looks_into_the_runner_or_into_another_step() {
    let installation = installation(", allowUnconfined: [web]}");
    for neighbour in ["standard", "strict"] {
        let script = "echo \"at $PWD of $$\"; until [ -e over ]; do sleep 0.02; done";
        set_steps(&installation, &json!([step("shell/script", &json!({"script": script, "sandbox": neighbour}))]));
        let running = Started::start(&installation, installation.job_command(&[]));
        running.says("it| at ");
        let shown = fs::read_to_string(installation.folder().join("stderr")).unwrap();
        let (scratch, pid) = shown.split_once("it| at ").unwrap().1.trim_end().split_once(" of ").unwrap();
        assert_apart(&installation, &running.pid().to_string(), pid, Path::new(scratch));
        fs::write(Path::new(scratch).join("over"), "").unwrap();
        running.ended().ok();
    }
}

#[track_caller]
fn assert_apart(installation: &Installation, runner: &str, neighbour: &str, scratch: &Path) {
    let of = |pid: &str, file: &str| PathBuf::from(format!("/proc/{pid}/{file}"));
    let files = ["environ", "mem", "maps", "cwd", "root"];
    let mut places: Vec<PathBuf> = files.iter().flat_map(|file| [of(runner, file), of(neighbour, file)]).collect();
    places.extend([scratch.join(".windlass/script"), scratch.to_owned()]);
    for sandbox in ["standard", "strict"] {
        assert_eq!(readable(installation, sandbox, &places), Vec::<PathBuf>::new(), "with `sandbox: {sandbox}`");
    }
    let reached = readable(installation, "none", &places);
    assert!(reached.contains(&scratch.to_owned()), "without a sandbox it is there: {reached:?}");
    let script = "for pid in \"$@\"; do kill -0 $pid 2>&1; done; echo over";
    let said = text(installation, script, &[("args", json!([runner, neighbour]))]);
    assert_eq!(said.matches("Operation not permitted").count(), 2, "{said}");
}

#[test]
fn a_denial_says_which_setting_to_look_at() {
    let installation = installation("}");
    let with = json!({"command": ["cat", installation.folder().join("windlass.yaml")]});
    let ended = run(&installation, "shell/command", &with, &[]);
    assert_names(ended.failed(1, "shell.exit-code"), &["`cat`", "`sandbox`", "`shell.allowUnconfined`"]);
    assert_names(&log(&ended).join("\n"), &["Permission denied"]);
}

#[test]
fn a_step_without_a_sandbox_needs_an_administrator() {
    let with = json!({"command": ["true"], "sandbox": "none"});
    let ended = run(&installation("}"), "shell/command", &with, &[]);
    assert_names(ended.failed(7, "plugin.not-permitted"), &["`sandbox: none`", "`shell.allowUnconfined`", "`web`"]);
    outputs(&run(&installation(", allowUnconfined: [web]}"), "shell/command", &with, &[]));
}

/// What the kernel says of the system and of a process's own is what programs everywhere expect to read.
#[test]
fn programs_find_their_usual_files_in_proc() {
    let installation = installation("}");
    let script = "df / >/dev/null && ps >/dev/null && grep -q Pid: /proc/self/status && ls /proc/self/fd >/dev/null && echo fine";
    assert_eq!(text(&installation, script, &[]), "fine");
    let strict =
        "grep -q Pid: /proc/self/status && ls /proc/self/fd >/dev/null && head -c 1 /proc/meminfo && echo fine";
    assert_eq!(text(&installation, strict, &[("sandbox", json!("strict"))]), "Mfine");
}

/// Root is kept from what lies below files: kernel settings, disks, and with them everybody's files.
#[test]
fn root_does_not_get_below_its_sandbox() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let installation = installation("}");
    let script = "echo x 2>&1 >/proc/sys/kernel/core_pattern; echo x 2>&1 >/sys/kernel/mm/ksm/run; \
        mknod disk b 254 0 2>&1; for disk in /dev/vda /dev/sda /dev/nvme0n1 /dev/mem; do head -c 1 $disk >/dev/null 2>&1 && echo a disk; done; grep CapEff /proc/self/status";
    let said = text(&installation, script, &[]);
    assert_names(&said, &["core_pattern: Permission denied", "ksm/run: Permission denied", "not permitted"]);
    assert!(!said.contains("a disk"), "{said}");
    let effective = said.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap().trim();
    let effective = u64::from_str_radix(effective, 16).unwrap();
    // CAP_SYS_PTRACE and CAP_SYS_ADMIN (linux/capability.h).
    assert_eq!(effective & (1 << 19 | 1 << 21), 0, "{effective:x}");
}

/// A step gets no rights that its runner does not have: set-user-ID programs are ordinary ones.
#[test]
fn nothing_gives_more_rights() {
    let installation = installation("}");
    let said = text(&installation, "grep NoNewPrivs /proc/$PPID/status || grep NoNewPrivs /proc/self/status", &[]);
    assert_eq!(said.split_whitespace().collect::<Vec<_>>(), ["NoNewPrivs:", "1"]);
}
