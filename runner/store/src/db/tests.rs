mod grouping;
mod migrating;
mod plans;
mod postgres;
mod schemas;

pub(super) use plans::seen;
