//! Sends HTTP requests the way components are configured to: authentication, TLS, proxies,
//! redirects and the in-memory listener.
//!
//! # Invariants
//! - No secret appears in a `Debug` output, an error or a log line: see [`Hidden`].
//! - Credential files are read for each request; TLS files are read again when they change.
//! - Credentials of the configuration never follow a redirect to another site.
//! - Has no timeout of its own: dropping the future of [`Client::send`] gives the request up.
//! - Every request is a span of its own for the traces of the process; what it is for is not shown in
//!   it, as a query may hold secrets.
//! - Knows nothing about components or the configuration language.
//!
//! Start reading at [`ClientConfig`], then [`Client::send`].

mod auth;
mod client;
mod config;
mod connect;
mod hidden;
mod propagation;
mod proxy;
mod redirect;
mod response;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;

pub use client::{Client, ClientError, Request, RequestError};
pub use config::{
    Auth, ClientConfig, OAuth2Config, Pem, ProxyConfig, Redirects, Source, TlsConfig, TlsVersion,
};
pub use connect::Dial;
pub use hidden::Hidden;
pub use propagation::set_propagation;
pub use response::{Decode, ENGINE_BODY_LIMIT, Response, error_chain};
pub use tls::{TlsError, read_certificates, read_key};
