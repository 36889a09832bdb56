//! The end of a process to which memory was refused: one line, exit code 1, and `run.json` says that it failed.
//!
//! Rust has no error for the many small allocations of a program; it would abort. What is large is asked for in
//! [`stridelab::memory`] and is an error like any other.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Mutex;

use stridelab::memory::may_fail;
use stridelab::store::LastWord;

#[cfg(unix)]
use crate::terminal::end_at_once;

/// The system's allocator. It returns no null pointer but to those that have said that they can go on without.
pub(crate) struct LastResort;

#[global_allocator]
static ALLOCATOR: LastResort = LastResort;

/// What is still to be written where a run ends at once.
pub(crate) struct LastWords {
    /// Where memory is short.
    pub failed: LastWord,
    /// Where somebody stops it.
    pub interrupted: LastWord,
}

static LAST_WORDS: Mutex<Option<LastWords>> = Mutex::new(None);

/// From now on `words` are written where the run ends at once; nothing where they are `None`.
pub(crate) fn prepare(words: Option<LastWords>) {
    if let Ok(mut last) = LAST_WORDS.lock() {
        *last = words;
    }
}

/// Writes that the run was interrupted, if one is under way.
pub(crate) fn write_interrupted() {
    if let Ok(mut last) = LAST_WORDS.try_lock()
        && let Some(words) = last.take()
    {
        let _ = words.interrupted.write();
    }
}

fn checked(pointer: *mut u8) -> *mut u8 {
    if pointer.is_null() && !may_fail() {
        give_up();
    }
    pointer
}

#[expect(unsafe_code, reason = "the trait is unsafe: an allocator vouches for its memory")]
// SAFETY: every call goes to the system's allocator with the caller's own arguments, and its answer is handed on.
unsafe impl GlobalAlloc for LastResort {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are those that `System` asks for; so below.
        checked(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        checked(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as above.
        checked(unsafe { System.realloc(pointer, layout, new_size) })
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// All threads take memory from one place from now on, with glibc; others have no such places.
pub(super) fn one_arena() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "the standard library has no way to tell the C library's allocator anything")]
    {
        unsafe extern "C" {
            fn mallopt(parameter: i32, value: i32) -> i32;
        }
        /// `M_ARENA_MAX` of glibc's `malloc.h`.
        const ARENA_MAX: i32 = -8;
        // SAFETY: `mallopt` takes any numbers, and no other thread runs yet.
        unsafe { mallopt(ARENA_MAX, 1) };
    }
}

/// Ends the process without allocating, unwinding or running anybody's exit handlers, which might allocate.
#[cfg(unix)]
#[expect(unsafe_code, reason = "the standard library's stderr may be locked")]
fn give_up() {
    use std::fs::File;
    use std::io::Write;
    use std::mem::ManuallyDrop;
    use std::os::fd::FromRawFd;
    use std::sync::atomic::{AtomicBool, Ordering};

    static GIVING_UP: AtomicBool = AtomicBool::new(false);
    const LINE: &[u8] = b"error: out of memory: end other programs, ask for less, or raise the limit on this process\n";

    if GIVING_UP.swap(true, Ordering::SeqCst) {
        // Another thread is at it, and ends the process within a moment.
        std::thread::sleep(std::time::Duration::from_secs(5));
        end_at_once(1);
    }
    if let Ok(mut last) = LAST_WORDS.try_lock()
        && let Some(words) = last.take()
    {
        let _ = words.failed.write();
    }
    // SAFETY: descriptor 2 is stderr in every process; it is not closed, because the file is never dropped.
    let _ = ManuallyDrop::new(unsafe { File::from_raw_fd(2) }).write_all(LINE);
    end_at_once(1);
}

/// Elsewhere Rust aborts.
#[cfg(not(unix))]
fn give_up() {}
