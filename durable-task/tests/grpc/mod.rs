//! The worker and the client of a service, against a service that is played here: what goes over
//! the wire, and what comes of what the service says.

mod answers;
mod calls;
mod fake;
mod headers;
mod work;
