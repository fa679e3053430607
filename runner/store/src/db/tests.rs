mod grouping;
mod migrating;
mod plans;
mod postgres;
mod schemas;
mod tls;

pub(super) use plans::seen;
