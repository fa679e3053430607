use std::os::unix::fs::{PermissionsExt, symlink};

use tempfile::TempDir;
use windlass_errors::Report;

use super::*;

fn place() -> (TempDir, MasterFile) {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    fs::create_dir(&data_dir).unwrap();
    let file = folder.path().join("etc/windlass/master.key");
    (folder, MasterFile { file, data_dir })
}

fn code<T>(result: Result<T, KeyError>) -> String {
    match result {
        Ok(_) => panic!("it was accepted"),
        Err(error) => error.code().to_string(),
    }
}

#[test]
fn is_made_once_for_our_eyes_only() {
    let (_folder, place) = place();
    assert!(place.load().unwrap().is_none());
    let made = place.load_or_create(&Line::random()).unwrap();
    assert_eq!(fs::read(&place.file).unwrap(), *made.to_text());
    assert_eq!(fs::metadata(&place.file).unwrap().mode() & 0o7777, 0o600);
    assert_eq!(fs::metadata(place.folder()).unwrap().mode() & 0o7777, 0o700);
    assert_eq!(fs::read_dir(place.folder()).unwrap().count(), 1, "a draft is left");
    assert_eq!(place.load_or_create(&Line::random()).unwrap().ids(), made.ids());
    assert_eq!(place.load().unwrap().unwrap().to_text(), made.to_text());
}

#[test]
fn a_file_that_came_meanwhile_is_not_replaced() {
    let (_folder, place) = place();
    let first = place.load_or_create(&Line::random()).unwrap();
    place.create(&Line::random()).unwrap();
    assert_eq!(place.load().unwrap().unwrap().ids(), first.ids());
}

#[test]
fn a_file_that_others_may_use_is_refused() {
    let (_folder, place) = place();
    place.load_or_create(&Line::random()).unwrap();
    for mode in [0o640, 0o604, 0o620, 0o601, 0o660, 0o644] {
        fs::set_permissions(&place.file, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(code(place.load()), "key.master-unsafe", "{mode:o}");
    }
    fs::set_permissions(&place.file, fs::Permissions::from_mode(0o400)).unwrap();
    assert!(place.load().unwrap().is_some());
}

#[test]
fn a_file_of_another_user_is_refused() {
    let (_folder, place) = place();
    place.load_or_create(&Line::random()).unwrap();
    if !geteuid().is_root() {
        return; // only root may give a file away
    }
    nix::unistd::chown(&place.file, Some(12_345.into()), None).unwrap();
    let error = place.load().err().unwrap();
    assert_eq!(
        error.to_string(),
        format!("the master key `{}` is not safe: it belongs to another user", place.file.display())
    );
}

#[test]
fn the_data_directory_is_no_place_for_it() {
    let (folder, mut place) = place();
    place.load_or_create(&Line::random()).unwrap();
    let outside = std::mem::replace(&mut place.file, place.data_dir.join("deeper/master.key"));
    assert_eq!(code(place.load_or_create(&Line::random())), "key.master-unsafe");
    assert!(!place.file.exists());
    fs::copy(&outside, &place.file).unwrap();
    assert_eq!(code(place.load()), "key.master-unsafe");

    let inside = std::mem::replace(&mut place.file, folder.path().join("link"));
    symlink(&inside, &place.file).unwrap();
    assert_eq!(code(place.load()), "key.master-unsafe");
    place.file = folder.path().join("data/../data/deeper/other.key");
    assert_eq!(code(place.load_or_create(&Line::random())), "key.master-unsafe");
}

#[test]
fn other_content_is_refused() {
    let (_folder, place) = place();
    let right = place.load_or_create(&Line::random()).unwrap().to_text();
    for wrong in [&b""[..], &right[..40], &right.repeat(2), &[b'x'; 100_000]] {
        fs::write(&place.file, wrong).unwrap();
        assert_eq!(code(place.load()), "key.master-unreadable");
    }
}

#[test]
fn folders_pipes_and_impossible_places_are_refused() {
    let (folder, mut place) = place();
    place.file = folder.path().join("folder");
    fs::create_dir(&place.file).unwrap();
    assert_eq!(code(place.load()), "key.master-unsafe");
    place.file = folder.path().join("pipe");
    nix::unistd::mkfifo(&place.file, nix::sys::stat::Mode::S_IRUSR).unwrap();
    assert_eq!(code(place.load()), "key.master-unsafe");
    place.file = folder.path().join("pipe/master.key");
    assert_eq!(code(place.load_or_create(&Line::random())), "key.master-unreadable");
    place.file = "/proc/self/master.key".into();
    assert_eq!(code(place.load_or_create(&Line::random())), "key.master-unreadable");
}

/// With a database elsewhere nothing has made one yet.
#[test]
fn a_data_directory_need_not_be_there() {
    let (_folder, mut place) = place();
    fs::remove_dir(&place.data_dir).unwrap();
    place.load_or_create(&Line::random()).unwrap();
    assert!(!place.data_dir.exists());
    place.file = place.data_dir.join("keys/master.key");
    assert_eq!(code(place.load_or_create(&Line::random())), "key.master-unsafe");
}

fn ids(place: &MasterFile) -> String {
    place.load().unwrap().unwrap().ids()
}

#[test]
fn the_next_key_is_made_once_and_keeps_the_one_before_it() {
    let (_folder, place) = place();
    let first = place.load_or_create(&Line::random()).unwrap().ids();
    fs::set_permissions(&place.file, fs::Permissions::from_mode(0o400)).unwrap();
    let next = place.next_after(&first, &Line::random()).unwrap();
    assert_eq!(ids(&place), format!("{first}, {}", next.id()));
    assert_eq!(place.next_after(&first, &Line::random()).unwrap().id(), next.id());
    assert_eq!(fs::metadata(&place.file).unwrap().mode() & 0o7777, 0o400);
    let third = place.next_after(next.id(), &Line::random()).unwrap();
    assert_eq!(ids(&place), format!("{}, {}", next.id(), third.id()), "only these two");
    assert_eq!(code(place.next_after(&first, &Line::random())), "key.master-mismatch");
    assert_eq!(fs::read_dir(place.folder()).unwrap().count(), 1, "a draft is left");
}

#[test]
fn only_what_is_before_a_key_is_dropped() {
    let (_folder, place) = place();
    let first = place.load_or_create(&Line::random()).unwrap().ids();
    let next = place.next_after(&first, &Line::random()).unwrap();
    place.drop_before(&first).unwrap();
    assert_eq!(ids(&place), format!("{first}, {}", next.id()));
    place.drop_before(next.id()).unwrap();
    place.drop_before(next.id()).unwrap();
    assert_eq!(ids(&place), next.id());
    assert_eq!(code(place.drop_before(&first)), "key.master-mismatch");
}

/// A key that is named by a link stays where it lies, and whose it is.
#[test]
fn a_changed_file_stays_in_its_place() {
    let (folder, mut place) = place();
    let first = place.load_or_create(&Line::random()).unwrap().ids();
    let real = std::mem::replace(&mut place.file, folder.path().join("link"));
    symlink(&real, &place.file).unwrap();
    place.next_after(&first, &Line::random()).unwrap();
    assert!(fs::symlink_metadata(&place.file).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().lines().count() == 2);
    if geteuid().is_root() {
        let owner = |file: &Path| fs::metadata(file).map(|metadata| (metadata.uid(), metadata.gid())).unwrap();
        std::os::unix::fs::chown(&real, Some(0), Some(12_345)).unwrap();
        place.drop_before(place.load().unwrap().unwrap().last().id()).unwrap();
        assert_eq!(owner(&real), (0, 12_345));
    }
}
