//! From SQLite on one machine to PostgreSQL.

use crate::installation::assert_names;
use crate::stored::{comes_to, installation, serve, set, start};
use windlass_tests::cluster::Cluster;
use windlass_tests::{Postgres, postgres};

#[test]
fn what_was_queued_on_one_machine_runs_on_the_server() {
    let installation = installation("");
    set(&installation, &[("quick", "steps: [{uses: shell/command, with: {command: ['true']}}]\n")]);
    let jobs = installation.folder().join("jobs");
    installation.run(&["project", "apply", jobs.to_str().unwrap(), "--project", "web", "--yes"]).ok();
    installation.set_key("keys/project/web/token", "s3cret-of-the-step");
    let password = installation.write("password", postgres::PASSWORD);
    std::fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let server = Postgres::shared();
    let cluster = Cluster::on(server, "").unwrap();
    let url = server.url(cluster.database());
    let copy = ["store", "copy", "--to", &url, "--password-file", password.to_str().unwrap()];

    // Before anything is connected to: nothing listens there.
    for (to, names) in [
        ("postgresql://windlass:hunter2@127.0.0.1:9/w", ["does not belong into its address", "`--password-file`"]),
        ("postgresql://windlass@127.0.0.1:9/w?password=hunter2", ["`--to`", "`--password-file`"]),
        ("mysql://windlass@127.0.0.1:9/hunter2", ["`--to`", "a database is written like `postgres://"]),
    ] {
        let refused = installation.run(&["store", "copy", "--to", to]);
        assert_names(refused.failed(3, "config.invalid"), &names);
        assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
    }

    let running = serve(&installation, "server-");
    let done = start(&installation, "quick", &["--wait"]);
    let refused = installation.run(&copy);
    assert_names(refused.failed(8, "store.not-copied"), &[&running.pid().to_string(), "stop it, and copy again"]);
    drop(running);
    let queued = start(&installation, "quick", &[]);
    assert_names(
        &{
            let copied = installation.run(&copy);
            copied.ok();
            copied.stderr
        },
        &["rows are in `postgresql://windlass@127.0.0.1:"],
    );
    installation.run(&copy).failed(8, "store.not-copied");

    let machine = cluster.machine("one", "").unwrap();
    std::fs::copy(installation.folder().join("master.key"), machine.configuration().with_file_name("../master.key"))
        .unwrap();
    let _member = machine.serve().unwrap();
    machine.comes_to(&queued, "succeeded").unwrap();
    assert_eq!(machine.shown(&done).unwrap()["state"], "succeeded");
    assert_names(&machine.run(&["key", "list", "-r"]).unwrap(), &["keys/project/web/token"]);
    comes_to(&installation, &queued, "queued");
}
