//! Every form of argument and result, and the functions called as they are written.

#![deny(warnings)]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use agent_sdk::prelude::*;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct WeatherQuery {
    city: String,
    days: Option<u8>,
}

#[derive(serde::Serialize)]
struct Forecast {
    text: String,
}

struct Station {
    name: String,
}

#[derive(Debug)]
struct Offline;

impl fmt::Display for Offline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("offline")
    }
}

/// Current weather for a city.
#[tool]
async fn get_weather(query: WeatherQuery) -> Result<Forecast, ToolError> {
    if query.days == Some(0) {
        return Err(ToolError::failed("no days"));
    }
    Ok(Forecast { text: query.city })
}

/// Adds.
#[tool(name = "add-numbers", timeout = "30s")]
fn add(
    /// The first number.
    left: i64,
    /// The second number.
    mut right: i64,
) -> i64 {
    right += left;
    right
}

/// Stores a note.
#[tool(strict, description = "Stores a note for later.")]
pub(crate) async fn store(station: &Station, ctx: &ToolContext, r#type: String) {
    let _ = (&station.name, ctx.agent(), r#type);
}

/// Fails with a type of its own.
#[tool]
fn fail(tags: BTreeMap<String, Vec<u32>>) -> Result<(), Offline> {
    if tags.is_empty() { Err(Offline) } else { Ok(()) }
}

trait Store: Send + Sync {
    fn save(&self, text: &str);
}

/// Saves.
#[tool]
async fn save(
    /// What to save.
    text: Cow<'_, str>,
    /// Where, from the application.
    store: &Arc<dyn Store>,
    count: &Mutex<u32>,
    _ctx: &agent_sdk::tool::ToolContext,
) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    store.save(&text);
    let mut count = count.lock().map_err(|_| "poisoned")?;
    *count += 1;
    Ok(*count)
}

/// Is old.
#[deprecated]
#[tool]
#[must_use]
pub const fn old(
    #[allow(unused_variables)]
    number: u8,
) -> [u8; 2] {
    [0; 2]
}

/// Hides its result.
#[tool]
fn hidden() -> impl serde::Serialize {
    5
}

/// Is in a function.
fn main() {
    /// Is local.
    #[tool]
    fn local(text: String) -> usize {
        text.len()
    }

    assert_eq!(add(1, 2), 3);
    assert_eq!(local(String::new()), 0);
    assert_eq!(<add as Tool>::NAME, "add-numbers");
    assert_eq!(<store as Tool>::DESCRIPTION, "Stores a note for later.");
    assert_eq!(<get_weather as Tool>::DESCRIPTION, "Current weather for a city.");
    let _ = get_weather(WeatherQuery { city: String::new(), days: None });
    let _ = fail(BTreeMap::new());
    let _ = hidden();
    assert_eq!(<save as Tool>::definition().needs.len(), 2);
    let station = Station { name: String::new() };
    let definition = <store as Tool>::definition();
    assert_eq!(definition.needs.len(), 1);
    assert!(definition.strict);
    let _ = station.name;
}
