//! The boundary to wgpu: what panics there becomes an error here.
//!
//! wgpu panics where a driver fails at what it does not expect to fail: waiting for a device that is lost or has no
//! memory left, creating a device, dropping one. That is no bug of this crate, and a library has to survive it.
//! Only calls of wgpu stand inside the boundary, so that an assertion of this crate stays a panic.

use std::cell::Cell;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use web_time::Instant;

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Calls of wgpu that are under way, on all threads.
static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);
/// When the latest of them began or ended, in milliseconds since the first call.
static LATEST: AtomicU64 = AtomicU64::new(0);

fn now() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_millis() as u64
}

/// How long wgpu has been in the calls that are under way, since the latest began or another ended; zero where there
/// is none. Waiting for a device is made of short calls, so that a long one is a driver that does not answer.
pub fn silent_for() -> Duration {
    // In this order: a call that begins in between has a later time.
    match UNDER_WAY.load(Ordering::Acquire) {
        0 => Duration::ZERO,
        _ => Duration::from_millis(now().saturating_sub(LATEST.load(Ordering::Relaxed))),
    }
}

/// Whether this thread is in a call of wgpu of which a panic becomes an [`Error`](crate::Error).
///
/// This library installs no panic hook. A program that prints the errors it is given may set one that says nothing
/// where this is true.
pub fn panics_become_errors() -> bool {
    INSIDE.get()
}

/// What `call` returns, or the message of its panic.
pub(super) fn catch<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    let outer = INSIDE.replace(true);
    LATEST.store(now(), Ordering::Relaxed);
    UNDER_WAY.fetch_add(1, Ordering::Release);
    // Nothing that `call` has changed is looked at after a panic: whoever made the call uses its device no more.
    let done = catch_unwind(AssertUnwindSafe(call));
    LATEST.store(now(), Ordering::Relaxed);
    UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
    INSIDE.set(outer);
    done.map_err(|panic| match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast::<&str>().map_or("wgpu panicked".into(), |text| (*text).into()),
    })
}

/// An object of wgpu, which may panic when it is dropped. Each is dropped inside the boundary on its own: a panic
/// while another one unwinds would end the process.
pub(super) struct Guarded<T>(Option<T>);

impl<T> Guarded<T> {
    pub(super) fn new(object: T) -> Self {
        Guarded(Some(object))
    }
}

impl<T> Deref for Guarded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("only drop takes it")
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        let object = self.0.take();
        if let Err(panic) = catch(move || drop(object)) {
            log::debug!("wgpu failed at dropping an object: {panic}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_become_text_and_nothing_else_changes() {
        assert_eq!(catch(|| assert!(panics_become_errors())), Ok(()));
        let caught = |call: fn()| catch(call).unwrap_err();
        assert_eq!(caught(|| panic!("device {} lost", 1)), "device 1 lost");
        assert_eq!(caught(|| panic!("lost")), "lost");
        assert_eq!(caught(|| std::panic::panic_any(1)), "wgpu panicked");
        let nested = catch(|| (catch(|| panic!("inner")), panics_become_errors()));
        assert_eq!(nested, Ok((Err::<(), _>("inner".into()), true)));
        assert!(!panics_become_errors());
    }

    /// Other tests make calls meanwhile, which only end the silence.
    #[test]
    fn a_long_call_is_seen() {
        let pause = Duration::from_millis(30);
        let seen = || {
            std::thread::sleep(pause);
            catch(|| (std::thread::sleep(pause), silent_for()).1).unwrap()
        };
        assert!((0..100).any(|_| (pause..10 * pause).contains(&seen())));
    }

    #[test]
    fn drops_that_panic_end_nothing() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("not idle");
            }
        }
        drop([Guarded::new(Bomb), Guarded::new(Bomb)]);
        let unwound = catch(|| {
            let _bombs = [Guarded::new(Bomb), Guarded::new(Bomb)];
            panic!("first");
        });
        assert_eq!(unwound, Err::<(), _>("first".into()));
        assert_eq!(**Guarded::new(&1), 1);
    }
}
