//! The controller with components that tests can hold, fail and watch.

mod edits;
mod fixture;
mod handover;
mod imports;
mod lifecycle;
mod loader;
mod model;
mod module_model;
mod plans;
mod plans_model;
mod propagation;
mod receivers;
mod refused;
mod reload;
mod services;
mod why;
