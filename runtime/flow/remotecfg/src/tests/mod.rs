mod server;
mod service;
mod session;
