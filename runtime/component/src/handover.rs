//! Ports and files that change hands in a reload.
//!
//! A socket that listens belongs to the process rather than to one component: while a change of the
//! configuration is under way, what one component gives up stays open until the last component that
//! the change touches has its new arguments, and whoever asks for the same address gets the same
//! socket. Clients that connect meanwhile wait in its queue. Without a change under way an address
//! has one holder, and nobody else gets it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// How long a component waits for another that has its new arguments on their way: it may wait for
/// this one in turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// What components hold that there is one of. Cheap to clone; all clones are the same.
#[derive(Clone, Default)]
pub struct Handover(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    /// Something was given up, or an owner has its new arguments.
    changed: Notify,
    /// Entries; read without the lock.
    held: AtomicUsize,
}

#[derive(Default)]
struct State {
    entries: BTreeMap<Key, Entry>,
    /// Owners whose new arguments are on their way: how many shares they have, and the last turn.
    changing: HashMap<Arc<str>, (usize, u64)>,
    last_number: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Tcp(SocketAddr),
    File(PathBuf),
}

struct Entry {
    owner: Arc<str>,
    /// Who holds it: a lease of an earlier holder has another number.
    lease: u64,
    socket: Option<Arc<TcpListener>>,
    /// Its owner gives it up.
    offered: bool,
    /// It stays until this turn ends, even without a holder.
    turn: Option<u64>,
    /// Its holder is gone.
    orphan: bool,
    /// Its holder has it from another one.
    inherited: bool,
}

impl State {
    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// An entry that stands in the way of listening on `addr`: the same address, or the same port
    /// on all addresses of the host.
    fn conflict(&self, addr: SocketAddr) -> Option<(Key, &Entry)> {
        let exact = Key::Tcp(addr);
        if let Some(entry) = self.entries.get(&exact) {
            return Some((exact, entry));
        }
        self.entries.iter().find_map(|(key, entry)| match key {
            Key::Tcp(other)
                if other.port() == addr.port()
                    && (other.ip().is_unspecified() || addr.ip().is_unspecified()) =>
            {
                Some((key.clone(), entry))
            }
            _ => None,
        })
    }

    fn is_changing(&self, owner: &str) -> bool {
        self.changing.contains_key(owner)
    }
}

/// What a claim met.
enum Claim<T> {
    Done(T),
    /// The holder gives it up.
    Soon,
    /// The holder may give it up.
    Wait,
    Refused(io::Error),
}

impl Handover {
    /// Nothing is held.
    pub fn new() -> Self {
        Self::default()
    }

    /// True while nobody holds anything. Never blocks.
    pub fn is_empty(&self) -> bool {
        self.0.held.load(Ordering::Acquire) == 0
    }

    /// Listens for `owner` on `host`, or on all addresses if that is empty. Takes over the socket of
    /// who gives the address up in the same change of the configuration, and waits for one that may.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// The host has no address, the port is taken by somebody else, or may not be used.
    pub async fn listen(&self, owner: &Arc<str>, host: &str, port: u16) -> io::Result<Listener> {
        self.listen_instead(owner, host, port, None).await
    }

    async fn listen_instead(
        &self,
        owner: &Arc<str>,
        host: &str,
        port: u16,
        old: Option<&Listener>,
    ) -> io::Result<Listener> {
        let addresses: Vec<SocketAddr> = if host.is_empty() {
            // Both families where the system has both, as an address without a host means.
            vec![(Ipv6Addr::UNSPECIFIED, port).into(), (Ipv4Addr::UNSPECIFIED, port).into()]
        } else {
            tokio::net::lookup_host((host, port)).await?.collect()
        };
        let claim = |state: &mut State| self.claim_address(state, owner, &addresses);
        let offer = || old.map(|old| Offer::of(&old.0.lease)).into_iter().flatten().collect();
        self.claimed(claim, offer).await
    }

    /// Holds `path` for `owner` alone. Waits while its holder gives it up.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// Another component holds it, and keeps it.
    pub async fn exclusive(&self, owner: &Arc<str>, path: &Path) -> io::Result<Exclusive> {
        let key = Key::File(path.to_owned());
        let claim = |state: &mut State| match state.entries.get(&key) {
            None => {
                let lease = self.enter(state, owner, key.clone(), None);
                Claim::Done(Exclusive(Arc::new(lease)))
            }
            Some(entry) if entry.offered => Claim::Soon,
            Some(entry) if state.is_changing(&entry.owner) => Claim::Wait,
            Some(entry) => Claim::Refused(taken(&path.display(), &entry.owner)),
        };
        self.claimed(claim, Vec::new).await
    }

    /// Claims until it is done. `offer` is what is given up in exchange while it waits.
    async fn claimed<T>(
        &self,
        mut claim: impl FnMut(&mut State) -> Claim<T>,
        offer: impl FnOnce() -> Vec<Offer>,
    ) -> io::Result<T> {
        let mut offer = Some(offer);
        let mut offered = Vec::new();
        let limit = tokio::time::Instant::now() + PATIENCE;
        loop {
            let mut changed = std::pin::pin!(self.0.changed.notified());
            changed.as_mut().enable();
            let met = claim(&mut self.0.state.lock());
            let limit = match met {
                Claim::Done(lease) => return Ok(lease),
                Claim::Refused(error) => return Err(error),
                // The end of its holder has a deadline of its own.
                Claim::Soon => None,
                Claim::Wait => Some(limit),
            };
            if let Some(offer) = offer.take() {
                offered = offer();
            }
            match limit {
                None => changed.await,
                Some(limit) if tokio::time::timeout_at(limit, changed).await.is_ok() => {}
                Some(_) => {
                    drop(offered);
                    return Err(io::Error::new(
                        io::ErrorKind::AddrInUse,
                        "it is held by a component that waits for something else",
                    ));
                }
            }
        }
    }

    fn claim_address(
        &self,
        state: &mut State,
        owner: &Arc<str>,
        addresses: &[SocketAddr],
    ) -> Claim<Listener> {
        let mut refused = None;
        for &addr in addresses {
            let mut orphan = None;
            if addr.port() != 0
                && let Some((key, entry)) = state.conflict(addr)
            {
                let is_same = key == Key::Tcp(addr);
                match &entry.socket {
                    Some(socket) if entry.offered && is_same => {
                        let socket = Arc::clone(socket);
                        let lease = self.enter(state, owner, key, Some(Arc::clone(&socket)));
                        return Claim::Done(Listener(Arc::new(Held { socket, lease })));
                    }
                    _ if entry.offered && entry.orphan => orphan = Some(key),
                    _ if entry.offered => return Claim::Soon,
                    _ if state.is_changing(&entry.owner) && entry.owner != *owner => {
                        return Claim::Wait;
                    }
                    _ => {
                        refused = Some(taken(&addr, &entry.owner));
                        break;
                    }
                }
            }
            if let Some(key) = orphan {
                // It listens on other addresses as well, so it is of no use here.
                self.forget(state, &key);
            }
            match listen_on(addr) {
                Ok((socket, addr)) => {
                    let socket = Arc::new(socket);
                    let lease = self.enter(state, owner, Key::Tcp(addr), Some(Arc::clone(&socket)));
                    return Claim::Done(Listener(Arc::new(Held { socket, lease })));
                }
                Err(error) => refused = Some(error),
            }
        }
        let nothing = || io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        Claim::Refused(refused.unwrap_or_else(nothing))
    }

    /// Makes `owner` the holder.
    fn enter(
        &self,
        state: &mut State,
        owner: &Arc<str>,
        key: Key,
        socket: Option<Arc<TcpListener>>,
    ) -> Lease {
        let number = state.next_number();
        let entry = Entry {
            owner: Arc::clone(owner),
            lease: number,
            socket,
            offered: false,
            turn: None,
            orphan: false,
            inherited: state.entries.get(&key).is_some_and(|old| old.owner != *owner),
        };
        state.entries.insert(key.clone(), entry);
        self.count(state);
        Lease { handover: self.clone(), key, number }
    }

    fn forget(&self, state: &mut State, key: &Key) {
        drop(state.entries.remove(key));
        self.count(state);
    }

    fn count(&self, state: &State) {
        self.0.held.store(state.entries.len(), Ordering::Release);
    }

    /// Owners of sockets that were open before they had them: clients may wait for an answer.
    pub fn heirs(&self) -> BTreeSet<Arc<str>> {
        let state = self.0.state.lock();
        let inherited = state.entries.values().filter(|entry| entry.inherited);
        inherited.map(|entry| Arc::clone(&entry.owner)).collect()
    }

    /// Begins a change of the configuration. What is given up in it stays open until the last clone
    /// of the turn and the last of its shares are gone.
    pub fn turn(&self) -> Turn {
        let number = self.0.state.lock().next_number();
        Turn(Arc::new(TurnEnd { handover: self.clone(), number }))
    }
}

impl fmt::Debug for Handover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handover").field("held", &self.0.held).finish()
    }
}

fn taken(what: &dyn fmt::Display, owner: &str) -> io::Error {
    io::Error::new(io::ErrorKind::AddrInUse, format!("{what} is held by {owner}"))
}

fn listen_on(addr: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = std::net::TcpListener::bind(addr)?;
    listener.set_nonblocking(true)?;
    let bound = listener.local_addr()?;
    Ok((TcpListener::from_std(listener)?, bound))
}

/// A change of the configuration that is under way.
#[derive(Clone)]
pub struct Turn(Arc<TurnEnd>);

struct TurnEnd {
    handover: Handover,
    number: u64,
}

impl Turn {
    /// `owner` is removed: whatever it holds is for who asks for it.
    pub fn retire(&self, owner: &str) {
        let inner = &self.0.handover.0;
        let mut state = inner.state.lock();
        for entry in state.entries.values_mut().filter(|entry| *entry.owner == *owner) {
            entry.offered = true;
            entry.turn = Some(self.0.number);
        }
        drop(state);
        inner.changed.notify_waiters();
    }

    /// New arguments of `owner` are on their way, until the share is dropped. It may give up what it
    /// holds, so others wait for it.
    pub fn share(&self, owner: &Arc<str>) -> Share {
        let mut state = self.0.handover.0.state.lock();
        let holds = state.entries.values().any(|entry| entry.owner == *owner);
        if holds {
            let (shares, turn) = state.changing.entry(Arc::clone(owner)).or_default();
            *shares += 1;
            *turn = self.0.number;
        }
        drop(state);
        Share { holder: holds.then(|| Arc::clone(owner)), turn: self.clone() }
    }
}

impl Drop for TurnEnd {
    fn drop(&mut self) {
        let mut state = self.handover.0.state.lock();
        state.entries.retain(|_, entry| {
            if entry.turn != Some(self.number) {
                return true;
            }
            entry.turn = None;
            !entry.orphan
        });
        self.handover.count(&state);
        drop(state);
        self.handover.0.changed.notify_waiters();
    }
}

/// Part of a [`Turn`] that one component has.
pub struct Share {
    /// The component, if it held something when the turn began.
    holder: Option<Arc<str>>,
    turn: Turn,
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some(holder) = &self.holder else { return };
        let inner = &self.turn.0.handover.0;
        let mut state = inner.state.lock();
        if let Some((shares, _)) = state.changing.get_mut(holder) {
            *shares -= 1;
            if *shares == 0 {
                state.changing.remove(holder);
            }
        }
        drop(state);
        inner.changed.notify_waiters();
    }
}

/// What makes its owner the holder of an entry.
struct Lease {
    handover: Handover,
    key: Key,
    number: u64,
}

impl Lease {
    /// Gives it up, while it is still in use.
    fn offer(&self) {
        let mut state = self.handover.0.state.lock();
        let state = &mut *state;
        if let Some(entry) = state.entries.get_mut(&self.key)
            && entry.lease == self.number
        {
            entry.offered = true;
            let changing = state.changing.get(&entry.owner);
            entry.turn = entry.turn.or(changing.map(|(_, turn)| *turn));
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut state = self.handover.0.state.lock();
        let Some(entry) = state.entries.get(&self.key).filter(|e| e.lease == self.number) else {
            return;
        };
        let changing = state.changing.get(&entry.owner).map(|(_, turn)| *turn);
        let turn = entry.turn.or(changing);
        match state.entries.get_mut(&self.key) {
            // A socket may find another holder; a file is there anyway.
            Some(entry) if turn.is_some() && entry.socket.is_some() => {
                entry.offered = true;
                entry.orphan = true;
                entry.turn = turn;
            }
            _ => {
                // Closed under the lock: who finds the address free can have it.
                drop(state.entries.remove(&self.key));
                self.handover.count(&state);
            }
        }
        drop(state);
        self.handover.0.changed.notify_waiters();
    }
}

/// An offer that is taken back when it is dropped, unless somebody has accepted it.
struct Offer {
    handover: Handover,
    key: Key,
    number: u64,
}

impl Offer {
    /// `None` if it is given up already.
    fn of(lease: &Lease) -> Option<Self> {
        let mut state = lease.handover.0.state.lock();
        let entry = state.entries.get_mut(&lease.key).filter(|e| e.lease == lease.number)?;
        if std::mem::replace(&mut entry.offered, true) {
            return None;
        }
        drop(state);
        lease.handover.0.changed.notify_waiters();
        let (handover, key) = (lease.handover.clone(), lease.key.clone());
        Some(Self { handover, key, number: lease.number })
    }
}

impl Drop for Offer {
    fn drop(&mut self) {
        let mut state = self.handover.0.state.lock();
        if let Some(entry) = state.entries.get_mut(&self.key)
            && entry.lease == self.number
            && entry.turn.is_none()
        {
            entry.offered = false;
        }
    }
}

/// A socket that listens, held by one component. Cheap to clone; it is closed with the last clone,
/// unless another component takes it over.
#[derive(Clone)]
pub struct Listener(Arc<Held>);

struct Held {
    /// Dropped before the lease, so that the socket closes with the entry of the lease.
    socket: Arc<TcpListener>,
    lease: Lease,
}

impl Listener {
    /// The next connection. Cancel safe.
    ///
    /// # Errors
    /// Those of the system; none of them is the end of the listener.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.0.socket.accept().await
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Those of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.socket.local_addr()
    }

    /// Listens elsewhere, for the same owner, and gives this address up if that works. Two
    /// components may exchange their addresses in this way.
    ///
    /// # Errors
    /// As [`Handover::listen`]; this one stays as it is then.
    pub async fn moved(&self, owner: &Arc<str>, host: &str, port: u16) -> io::Result<Self> {
        let handover = &self.0.lease.handover;
        let new = handover.listen_instead(owner, host, port, Some(self)).await?;
        self.0.lease.offer();
        handover.0.changed.notify_waiters();
        Ok(new)
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listener").field(&self.0.lease.key).finish()
    }
}

/// A file or folder that one component holds. Released with the last clone.
#[derive(Clone)]
pub struct Exclusive(Arc<Lease>);

impl fmt::Debug for Exclusive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Exclusive").field(&self.0.key).finish()
    }
}

#[cfg(test)]
mod tests;
