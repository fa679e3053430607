//! The lock file, which people and version control write.

use windlass_fuzz::{Bounds, Case, Seed, hold};
use windlass_hosting::{LockedPlugin, PluginLock};

use crate::place::Place;

/// The parser's budgets allow 200,000 nodes, of some hundred bytes each with their places.
const BOUNDS: Bounds = Bounds { base: 64 << 20, each: 2000 };
const WRITTEN: &str = "# The bytes that plugins have to have.\napiVersion: windlass/v1\nkind: PluginLock\nplugins:\n  \
    - {name: sts, version: \"0.1.0\", sha256: 00ff}\n  - {name: x-y, version: \"1\", sha256: \"1e9\"}\n";
const AS_JSON: &str = r#"{"apiVersion":"windlass/v1","kind":"PluginLock","plugins":[
    {"name":"sts","version":"0.1.0","sha256":"00ff"},{"name":"x-y","version":"1","sha256":"1e9"}]}"#;

#[test]
fn a_lock_file() {
    let place = Place::new("plugins.lock");
    let seeds = [Seed::Bytes(WRITTEN.into()), Seed::Json(AS_JSON.to_owned())];
    for seed in &seeds {
        let lock = PluginLock::read(&place.write(&seed.bytes())).unwrap().unwrap();
        let locked = LockedPlugin { name: "x-y".into(), version: "1".into(), sha256: "1e9".into() };
        assert_eq!((lock.of("x-y"), lock.of("sts").map(|it| it.sha256.as_str())), (Some(&locked), Some("00ff")));
    }
    hold("a_lock_file", BOUNDS, |case: &Case| case.apply(&seeds), |input| read(&place, input));
}

fn read(place: &Place, input: &[u8]) {
    let path = place.write(input);
    match PluginLock::read(&path) {
        Err(error) => {
            let said = error.to_string();
            assert!(said.contains(path.to_str().unwrap()), "the error does not name the file: {said}");
        }
        Ok(None) => panic!("a file that is there was taken for none"),
        // Written again it is the same, so that an update changes nothing that it need not.
        Ok(Some(lock)) => {
            lock.write().unwrap();
            assert_eq!(PluginLock::read(&path).unwrap(), Some(lock));
        }
    }
}
