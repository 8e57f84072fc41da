//! Headers that every outgoing request of the process gets, such as the trace that it belongs to.

use std::sync::atomic::{AtomicBool, Ordering};

use http::HeaderMap;
use parking_lot::RwLock;

static ADDS: AtomicBool = AtomicBool::new(false);
static ADD: RwLock<Option<fn(&mut HeaderMap)>> = RwLock::new(None);

/// Lets `add` change the headers of every request from now on; `None` ends that. Of the process as
/// a whole, as the trace that a request belongs to is not the business of its client.
pub fn set_propagation(add: Option<fn(&mut HeaderMap)>) {
    *ADD.write() = add;
    ADDS.store(add.is_some(), Ordering::Release);
}

/// Costs one atomic load while there is nothing to add.
pub(crate) fn add_headers(headers: &mut HeaderMap) {
    if !ADDS.load(Ordering::Acquire) {
        return;
    }
    let add = *ADD.read();
    if let Some(add) = add {
        add(headers);
    }
}
