//! The boundary to wgpu: what panics there becomes an error here.
//!
//! wgpu panics where a driver fails at what it does not expect to fail: waiting for a device that is lost or has no
//! memory left, creating a device, dropping one. That is no bug of this crate, and a library has to survive it.
//! Only calls of wgpu stand inside the boundary, so that an assertion of this crate stays a panic.

use std::cell::Cell;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
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
    // Nothing that `call` has changed is looked at after a panic: whoever made the call uses its device no more.
    let done = catch_unwind(AssertUnwindSafe(call));
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
