use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretSlice};
use tokio::time::Instant;
use windlass_settings::KeyPath;

/// How long a value is used on. Longer: a rotated secret is noticed late. Shorter: more calls, which cost money.
const KEPT: Duration = Duration::from_secs(60);

/// Values that were read a moment ago. They are wiped when their time is over, whether somebody asks or not.
#[derive(Default)]
pub(crate) struct Fetched(Arc<Mutex<Values>>);

type Values = HashMap<KeyPath, (Instant, SecretSlice<u8>)>;

impl Fetched {
    pub(crate) fn get(&self, path: &KeyPath) -> Option<SecretSlice<u8>> {
        let values = lock(&self.0);
        let (at, secret) = values.get(path)?;
        (at.elapsed() < KEPT).then(|| copy(secret))
    }

    pub(crate) fn keep(&self, path: &KeyPath, secret: &SecretSlice<u8>) {
        let at = Instant::now();
        lock(&self.0).insert(path.clone(), (at, copy(secret)));
        let (values, path) = (Arc::downgrade(&self.0), path.clone());
        tokio::spawn(async move {
            tokio::time::sleep_until(at + KEPT).await;
            let Some(values) = values.upgrade() else { return };
            let mut values = lock(&values);
            if values.get(&path).is_some_and(|(of, _)| *of == at) {
                values.remove(&path);
            }
        });
    }
}

fn copy(secret: &SecretSlice<u8>) -> SecretSlice<u8> {
    Box::<[u8]>::from(secret.expose_secret()).into()
}

fn lock(values: &Mutex<Values>) -> MutexGuard<'_, Values> {
    values.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_value_is_gone_after_a_minute_without_anybody_asking() {
        let (fetched, path) = (Fetched::default(), KeyPath::parse("keys/aws/a").unwrap());
        fetched.keep(&path, &b"one".to_vec().into());
        tokio::time::sleep(Duration::from_secs(59)).await;
        assert_eq!(fetched.get(&path).unwrap().expose_secret(), b"one");
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(lock(&fetched.0).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_one_is_not_that_of_the_next() {
        let (fetched, path) = (Fetched::default(), KeyPath::parse("keys/aws/a").unwrap());
        fetched.keep(&path, &b"one".to_vec().into());
        tokio::time::sleep(Duration::from_secs(30)).await;
        fetched.keep(&path, &b"two".to_vec().into());
        tokio::time::sleep(Duration::from_secs(40)).await;
        assert_eq!(fetched.get(&path).unwrap().expose_secret(), b"two");
        tokio::time::sleep(Duration::from_secs(21)).await;
        assert!(lock(&fetched.0).is_empty());
    }
}
