//! This process among the others on its data directory: a lock that tells whether it lives, and a way to wake it.
//!
//! A member holds a lock on a file of its own for as long as it lives; the kernel lets go of it however the process ends.
//! So whoever gets the lock of a member knows that it is gone, and settles what it left. Of those on other data directories
//! their leases tell.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::UnixDatagram;
use uuid::Uuid;
use windlass_store::{Role, Store, StoreError, Transition};

use crate::far::Far;
use crate::recorder::now;

/// The folder of locks and sockets in the data directory.
const FOLDER: &str = "members";
/// The file that names the data directory, so that a database of several knows whose a member is.
const NAME: &str = "installation";
/// Without being woken a member looks after this long.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// And after about this long where others tell what is new.
const LOOK_SELDOM: Duration = Duration::from_secs(3);

/// Files of members that the database does not know are left for so long.
const SWEEP_AFTER: Duration = Duration::from_secs(60);

/// A process on a data directory.
pub struct Member {
    /// Its id.
    pub id: Uuid,
    role: Role,
    folder: PathBuf,
    installation: String,
    started_at: i64,
    socket: Option<UnixDatagram>,
    /// Members on other data directories.
    far: Option<Far>,
    has_joined: AtomicBool,
    /// Held until the end.
    _lock: File,
}

impl Member {
    /// Makes this process a member: from now on others know that it lives. The database is not told yet.
    ///
    /// # Errors
    /// When the lock cannot be made.
    pub fn enter(data_dir: &Path, role: Role) -> io::Result<Self> {
        let folder = data_dir.join(FOLDER);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let installation = installation(data_dir)?;
        let id = Uuid::now_v7();
        let lock = OpenOptions::new().write(true).create_new(true).mode(0o600).open(lock_file(&folder, id))?;
        lock.lock()?;
        // A path that is too long for a socket only makes it slower to notice things.
        let socket = UnixDatagram::bind(socket_file(&folder, id)).ok();
        let started_at = now();
        let has_joined = AtomicBool::new(false);
        Ok(Self { id, role, folder, installation, started_at, socket, far: None, has_joined, _lock: lock })
    }

    /// The same with a way to members on other data directories, where the database has one.
    #[must_use]
    pub fn on(mut self, store: &Store) -> Self {
        self.far = Far::on(store);
        self
    }

    /// Begins to hear what members on other data directories tell, until the process ends.
    pub(crate) fn hear(&self) {
        if let Some(far) = &self.far {
            far.hear();
        }
    }

    /// How long [`Self::woken`] waits for somebody.
    fn patience(&self) -> Duration {
        self.far.as_ref().filter(|far| far.hears()).map_or(LOOK_EVERY, |_| look_seldom())
    }

    /// What tells the database of this member; nothing once it has been told.
    pub(crate) fn joins(&self) -> Option<Transition> {
        if self.has_joined.load(Ordering::Relaxed) {
            return None;
        }
        Some(Transition::Joined { member: self.row() })
    }

    /// What the database knows of this member.
    pub(crate) fn row(&self) -> windlass_store::Member {
        windlass_store::Member {
            id: self.id,
            host: host_name(),
            pid: std::process::id().into(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            role: self.role,
            data_dir_id: self.installation.clone(),
            started_at: self.started_at,
            max_executions: 0,
            master_key: None,
            labels: "[]".to_owned(),
            plugins: "[]".to_owned(),
        }
    }

    /// Notes that the database knows of it.
    pub(crate) fn has_joined(&self) {
        self.has_joined.store(true, Ordering::Relaxed);
    }

    /// Whether it is there to look after everything.
    pub(crate) fn serves(&self) -> bool {
        self.role == Role::Server
    }

    /// Whether a member is on this data directory, so that its lock can be tried.
    pub(crate) fn is_neighbour(&self, installation: &str) -> bool {
        self.installation == installation
    }

    /// Resolves when somebody has something for this process, and every second; where others are heard every three.
    pub async fn woken(&self) {
        self.woken_within(self.patience()).await;
    }

    /// As [`Self::woken`], and after this time.
    pub(crate) async fn woken_within(&self, time: Duration) {
        let told = async {
            match &self.socket {
                Some(socket) => {
                    let mut bytes = [0; 16];
                    if socket.recv(&mut bytes).await.is_ok() {
                        // Many at once are one.
                        while socket.try_recv(&mut bytes).is_ok() {}
                    }
                }
                None => std::future::pending().await,
            }
        };
        let far = async {
            match &self.far {
                Some(far) => far.heard().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = told => {}
            () = far => {}
            () = tokio::time::sleep(time.min(self.patience())) => {}
        }
    }

    /// Wakes the other processes on this data directory, and those on others of the same database. That one does not hear it
    /// is no error: it looks by itself.
    pub async fn wake_others(&self) {
        self.wake_neighbours();
        if let Some(far) = &self.far {
            far.tell().await;
        }
    }

    fn wake_neighbours(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let Ok(sender) = std::os::unix::net::UnixDatagram::unbound() else { return };
        let _ = sender.set_nonblocking(true);
        let own = socket_file(&self.folder, self.id);
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.extension().is_some_and(|extension| extension == "socket") && path != own {
                let _ = sender.send_to(b"look", &path);
            }
        }
    }

    /// The servers that live, on this data directory or on another of the same database.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn servers(&self, store: &Store) -> Result<Vec<windlass_store::Member>, StoreError> {
        let (members, lapsed) = (store.members().await?, store.lapsed_members().await?);
        let lives = |other: &windlass_store::Member| self.seems_alive(other, &lapsed);
        Ok(members.into_iter().filter(|other| other.role == Role::Server && lives(other)).collect())
    }

    /// Whether another member lives: a neighbour holds its lock, and whoever has a lease has time left.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn lives(&self, store: &Store, other: uuid::Uuid) -> Result<bool, StoreError> {
        let (members, lapsed) = (store.members().await?, store.lapsed_members().await?);
        let known = members.into_iter().find(|member| member.id == other);
        Ok(known.is_some_and(|member| self.seems_alive(&member, &lapsed)))
    }

    /// Whether another member lives, by the ids of those whose lease is over.
    pub fn seems_alive(&self, other: &windlass_store::Member, lapsed: &[Uuid]) -> bool {
        let has_gone = self.is_neighbour(&other.data_dir_id) && self.gone(other.id).is_some();
        !has_gone && !lapsed.contains(&other.id)
    }

    /// Removes the files of processes that were killed before the database knew of them; nothing else would. `known` are the
    /// members that it does know, which are settled.
    pub(crate) fn sweep(&self, known: &[Uuid]) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            let id = path.file_stem().and_then(|name| Uuid::parse_str(name.to_str()?).ok());
            // Between making its file and locking it a process is to be left alone.
            let changed = entry.metadata().and_then(|file| file.modified()).ok();
            let old = changed.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > SWEEP_AFTER);
            let unknown = id.filter(|id| old && !known.contains(id));
            if let Some(gone) = unknown.and_then(|id| self.gone(id)) {
                gone.forget();
            }
        }
    }

    /// The lock of another member, if that one is gone. Whoever has it may settle what it left; `None` means that it lives.
    pub(crate) fn gone(&self, other: Uuid) -> Option<Gone> {
        if other == self.id {
            return None;
        }
        let path = lock_file(&self.folder, other);
        match File::open(&path) {
            Ok(file) => match file.try_lock() {
                Ok(()) => Some(Gone { folder: self.folder.clone(), id: other, _lock: Some(file) }),
                Err(TryLockError::WouldBlock | TryLockError::Error(_)) => None,
            },
            // It ended in good order, or somebody has settled it already.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Some(Gone { folder: self.folder.clone(), id: other, _lock: None })
            }
            Err(_) => None,
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        remove(&self.folder, self.id);
    }
}

/// A member that is gone, held so that nobody else settles it meanwhile.
pub(crate) struct Gone {
    folder: PathBuf,
    pub(crate) id: Uuid,
    _lock: Option<File>,
}

impl Gone {
    /// Forgets it; what it left is settled.
    pub(crate) fn forget(self) {
        remove(&self.folder, self.id);
    }
}

fn remove(folder: &Path, id: Uuid) {
    let _ = fs::remove_file(socket_file(folder, id));
    let _ = fs::remove_file(lock_file(folder, id));
}

fn lock_file(folder: &Path, id: Uuid) -> PathBuf {
    folder.join(format!("{id}.lock"))
}

fn socket_file(folder: &Path, id: Uuid) -> PathBuf {
    folder.join(format!("{}.socket", id.simple()))
}

/// The name of a data directory, made when there is none. Processes that start at once agree on one.
fn installation(data_dir: &Path) -> io::Result<String> {
    let path = data_dir.join(NAME);
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    let draft = data_dir.join(format!(".{NAME}-{}", Uuid::now_v7()));
    fs::write(&draft, Uuid::now_v7().to_string())?;
    let linked = fs::hard_link(&draft, &path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => fs::read_to_string(&path),
    }
}

/// Not the same for all, so that they do not all come at once.
fn look_seldom() -> Duration {
    let hundredths = u32::from(Uuid::now_v7().as_bytes()[15]) * 40 / 256;
    LOOK_SELDOM * (80 + hundredths) / 100
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_lives_is_not_gone_and_who_ended_is() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) =
            (Member::enter(folder.path(), Role::Run).unwrap(), Member::enter(folder.path(), Role::Run).unwrap());
        assert!(one.is_neighbour(&other.installation) && one.gone(other.id).is_none() && one.gone(one.id).is_none());
        let id = other.id;
        drop(other);
        assert_eq!(one.gone(id).map(|gone| gone.id), Some(id));
    }

    /// A killed process leaves its file, and the kernel lets go of the lock.
    #[tokio::test]
    async fn whoever_settles_holds_the_lock_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) =
            (Member::enter(folder.path(), Role::Run).unwrap(), Member::enter(folder.path(), Role::Run).unwrap());
        let killed = Uuid::now_v7();
        fs::write(lock_file(&one.folder, killed), "").unwrap();
        let settling = one.gone(killed).unwrap();
        assert!(other.gone(killed).is_none(), "two settle one member");
        settling.forget();
        assert!(!lock_file(&one.folder, killed).exists());
    }

    /// One that is killed before it has done anything is in no database, and leaves its files all the same.
    #[tokio::test]
    async fn files_of_whom_nobody_knows_are_swept_up() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) =
            (Member::enter(folder.path(), Role::Run).unwrap(), Member::enter(folder.path(), Role::Run).unwrap());
        let [killed, known, fresh] = [(); 3].map(|()| Uuid::now_v7());
        let long_ago = std::time::SystemTime::now() - 2 * SWEEP_AFTER;
        let make = |path: PathBuf, old: bool| {
            let file = File::create(path).unwrap();
            if old {
                file.set_modified(long_ago).unwrap();
            }
        };
        [killed, known].into_iter().for_each(|id| make(lock_file(&one.folder, id), true));
        make(socket_file(&one.folder, killed), true);
        make(lock_file(&one.folder, fresh), false);
        OpenOptions::new().write(true).open(lock_file(&one.folder, other.id)).unwrap().set_modified(long_ago).unwrap();
        one.sweep(&[known]);
        let left = [killed, known, fresh, other.id].map(|id| lock_file(&one.folder, id).exists());
        assert_eq!(left, [false, true, true, true]);
        assert!(!socket_file(&one.folder, killed).exists() && socket_file(&one.folder, other.id).exists());
    }

    #[tokio::test]
    async fn members_of_another_data_directory_are_left_alone() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let one = Member::enter(here.path(), Role::Run).unwrap();
        let far = Member::enter(there.path(), Role::Run).unwrap();
        assert!(!one.is_neighbour(&far.installation));
    }

    #[tokio::test]
    async fn a_member_that_is_woken_hears_it() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) =
            (Member::enter(folder.path(), Role::Run).unwrap(), Member::enter(folder.path(), Role::Run).unwrap());
        other.wake_others().await;
        let mut heard = [0; 16];
        assert!(one.socket.as_ref().unwrap().recv(&mut heard).await.is_ok());
        assert!(other.socket.as_ref().unwrap().try_recv(&mut heard).is_err(), "it woke itself");
    }
}
