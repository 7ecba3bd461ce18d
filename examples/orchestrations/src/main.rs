//! The patterns of durable orchestrations, served by the management API. `demo.http` has a request
//! for each.

mod patterns;
#[cfg(test)]
mod tests;

use std::time::Duration;

use agent_host::{FunctionApp, HostError};

use patterns::{approval, bank, chaining, fan_out, monitor, rates, trip, versions};

/// All that this program runs. An app without agents needs no model.
fn app() -> FunctionApp {
    FunctionApp::new()
        .orchestrator::<chaining::publish>()
        .executor::<chaining::draft>()
        .executor::<chaining::review>()
        .executor::<chaining::print>()
        .orchestrator::<fan_out::count_words>()
        .executor::<fan_out::words_of>()
        .orchestrator::<approval::expense>()
        .executor::<approval::pay>()
        .orchestrator::<monitor::watch>()
        .executor::<monitor::measure>()
        .executor::<monitor::alert>()
        .orchestrator::<bank::transfer>()
        .entity::<bank::Account>()
        .orchestrator::<rates::convert>()
        .entity::<rates::Rate>()
        .resource(rates::Exchange {
            takes: Duration::from_millis(100),
        })
        .orchestrator::<trip::book_trip>()
        .orchestrator::<trip::book_leg>()
        .executor::<trip::reserve>()
        .executor::<trip::cancel>()
        .orchestrator::<versions::price_1>()
        .orchestrator::<versions::price_2>()
        .executor::<versions::vat>()
}

fn main() -> Result<(), HostError> {
    app().run()
}
