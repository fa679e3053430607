use super::*;

fn end<'a>(said: &'a str, sandbox: Sandbox) -> End<'a> {
    End { named: "`pg_dump`", said: said.as_bytes(), sandbox, path: Some(OsStr::new("/usr/bin")) }
}

fn help(error: &StepError) -> &str {
    error.help.as_deref().unwrap_or_default()
}

#[test]
fn an_exit_code_says_what_shells_mean_by_it() {
    let error = end("", Sandbox::Standard).with_code(3);
    assert_eq!(error.code, "shell.exit-code");
    assert_eq!(error.message, "`pg_dump` ended with exit code 3");
    assert!(help(&error).contains("`successCodes`"), "{error:?}");
    // POSIX, "Exit Status for Commands": 126 not executable, 127 not found, above 128 a signal.
    assert!(help(&end("", Sandbox::Standard).with_code(126)).contains("may not execute"));
    assert!(help(&end("", Sandbox::Standard).with_code(127)).contains("`/usr/bin`"));
    assert!(help(&end("", Sandbox::Standard).with_code(137)).contains("`SIGKILL`"));
    assert!(help(&end("", Sandbox::Standard).with_code(128)).contains("`successCodes`"));
    assert!(help(&end("", Sandbox::Standard).with_code(255)).contains("`successCodes`"));
}

#[test]
fn a_denial_points_at_the_sandbox() {
    for said in [
        "cat: /etc/shadow: Permission denied\n",
        "open /x: permission denied",
        "Error: EACCES: permission denied, open '/x'",
        "mount: Operation not permitted",
    ] {
        for sandbox in [Sandbox::Standard, Sandbox::Strict] {
            let error = end(said, sandbox).with_code(1);
            assert!(
                help(&error).contains("`sandbox`") && help(&error).contains("`shell.allowUnconfined`"),
                "{error:?}"
            );
        }
        assert!(!help(&end(said, Sandbox::Unconfined).with_code(1)).contains("sandbox"), "there is none");
    }
    assert!(!help(&end("No such file or directory", Sandbox::Standard).with_code(1)).contains("sandbox"));
}

#[test]
fn what_ran_out_points_at_the_limits() {
    for said in [
        "sh: 1: Cannot fork",
        "[warning] pthread_create failed (EAGAIN) for attributes",
        "fork: Cannot allocate memory",
        "bash: fork: retry: Resource temporarily unavailable",
        "MemoryError",
    ] {
        let error = end(said, Sandbox::Standard).with_code(1);
        let shown = help(&error);
        assert!(shown.contains("`limits.stepMemory`") && !shown.contains("`sandbox`"), "{said}: {shown}");
    }
}

#[test]
fn a_signal_has_its_name() {
    let error = end("", Sandbox::Standard).by_signal(9);
    assert_eq!((error.code.as_str(), error.message.as_str()), ("shell.killed", "`pg_dump` was ended by `SIGKILL`"));
    assert_eq!(end("", Sandbox::Standard).by_signal(40).message, "`pg_dump` was ended by signal 40");
    assert!(help(&end("", Sandbox::Standard).by_signal(31)).contains("`sandbox`"));
}

#[test]
fn what_is_not_found_comes_with_what_was_meant() {
    let path = Some(OsStr::new("/usr/bin:/bin"));
    let error = missing("pythn3", &Missing::NotFound(Some("python3".to_owned())), path);
    assert_eq!(error.code, "shell.not-found");
    assert_eq!(help(&error), "did you mean `python3`? `PATH` is `/usr/bin:/bin`");
    assert!(help(&missing("ls -l", &Missing::NotFound(None), path)).contains("an item of its own"));
    assert!(help(&missing("ls", &Missing::NotFound(None), None)).contains("`shell.path`"));
    let error = missing("/opt/x", &Missing::NotFound(None), path);
    assert_eq!(error.message, "there is no program `/opt/x`");
    let error = missing("/opt/x", &Missing::NotExecutable("/opt/x".into()), path);
    assert_eq!((error.code.as_str(), error.message.as_str()), ("shell.not-started", "`/opt/x` may not be executed"));
}

#[test]
fn what_the_kernel_refused_says_which_part_is_missing() {
    let refused = |errno: rustix::io::Errno, interpreter| refused(Path::new("/opt/x"), interpreter, &errno.into());
    let error = refused(rustix::io::Errno::NOENT, Some("/bin/bsah"));
    assert_eq!(error.message, "`/opt/x` names the interpreter `/bin/bsah`, which is not there");
    assert!(help(&refused(rustix::io::Errno::NOEXEC, None)).contains("`#!` line"));
    assert!(help(&refused(rustix::io::Errno::TOOBIG, None)).contains("`stdin`"));
    assert!(help(&refused(rustix::io::Errno::ACCESS, None)).contains("`sandbox`"));
    assert!(refused(rustix::io::Errno::NOMEM, None).message.contains("cannot be started"));
}
