//! What the weather is like: made up, but the same each time, so that the example needs no service.

use schemars::JsonSchema;
use serde::Serialize;

/// The weather in one place.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub struct Weather {
    /// Where it was measured.
    city: String,
    /// Degrees Celsius.
    celsius: i32,
    /// The sky in a word or two.
    conditions: &'static str,
    /// Relative humidity in percent.
    humidity: u8,
}

const STATIONS: [(&str, i32, &str, u8); 6] = [
    ("Amsterdam", 9, "windy", 81),
    ("London", 11, "overcast", 76),
    ("New York", 17, "clear", 52),
    ("Rome", 24, "sunny", 40),
    ("Seattle", 12, "light rain", 87),
    ("Tokyo", 20, "partly cloudy", 63),
];

const SKIES: [&str; 4] = ["sunny", "partly cloudy", "overcast", "light rain"];

impl Weather {
    /// The weather in a city: of a station, or one that follows from the city's name. `None` for a
    /// name without letters.
    pub fn now(city: String) -> Option<Self> {
        let station = STATIONS
            .iter()
            .find(|(name, ..)| name.eq_ignore_ascii_case(city.trim()));
        if let Some(&(name, celsius, conditions, humidity)) = station {
            return Some(Self {
                city: name.to_owned(),
                celsius,
                conditions,
                humidity,
            });
        }
        let letters = city.chars().filter(|letter| letter.is_alphabetic());
        let sum = letters.map(u32::from).reduce(u32::wrapping_add)?;
        Some(Self {
            city,
            celsius: i32::try_from(sum % 30).unwrap_or(0),
            conditions: SKIES[sum as usize % SKIES.len()],
            humidity: u8::try_from(40 + sum % 50).unwrap_or(50),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(city: &str) -> Option<Weather> {
        Weather::now(city.to_owned())
    }

    #[test]
    fn a_station_is_found_in_any_case() {
        let weather = now(" seattle ").unwrap();
        assert_eq!((weather.city.as_str(), weather.celsius), ("Seattle", 12));
    }

    #[test]
    fn every_other_city_has_its_own_weather_and_keeps_it() {
        let weather = now("Bielefeld").unwrap();
        assert_eq!(weather.city, "Bielefeld");
        assert_eq!(now("Bielefeld"), Some(weather));
        assert_eq!(now(" ?! "), None);
    }
}
