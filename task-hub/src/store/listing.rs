//! What listings of all stores share: tokens and filters.

use durable_task::{
    EntityFilter, EntityId, EntityMetadata, InstanceFilter, InstanceState, Timestamp,
};

use super::StoreError;

/// Where a listing of instances goes on: after this creation time and id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cursor {
    pub(super) created_at: Timestamp,
    pub(super) id: String,
}

impl Cursor {
    pub(super) fn after(state: &InstanceState) -> Self {
        Self {
            created_at: state.created_at,
            id: state.instance_id.to_string(),
        }
    }

    pub(super) fn to_token(&self) -> String {
        format!("{}.{}", self.created_at.ticks(), self.id)
    }

    pub(super) fn parse(token: &str) -> Result<Self, StoreError> {
        let (ticks, id) = token.split_once('.').ok_or(StoreError::InvalidToken)?;
        let ticks = ticks.parse().map_err(|_| StoreError::InvalidToken)?;
        Ok(Self {
            created_at: Timestamp::from_ticks(ticks),
            id: id.to_owned(),
        })
    }
}

/// Whether a token is one of a listing of entities: the last id of a page.
pub(super) fn entity_token(token: Option<&str>) -> Result<Option<&str>, StoreError> {
    match token {
        Some(token) if EntityId::parse(token).is_none() => Err(StoreError::InvalidToken),
        token => Ok(token),
    }
}

/// Whether an entity is one that the filter asks for, as far as its times and state say.
/// `has_state` also counts a state that was not fetched.
pub(super) fn is_listed(filter: &EntityFilter, entity: &EntityMetadata, has_state: bool) -> bool {
    (has_state || filter.include_transient)
        && within(
            Some(entity.modified_at),
            filter.modified_from,
            filter.modified_to,
        )
}

fn within(time: Option<Timestamp>, from: Option<Timestamp>, to: Option<Timestamp>) -> bool {
    from.is_none_or(|from| time.is_some_and(|time| time >= from))
        && to.is_none_or(|to| time.is_some_and(|time| time < to))
}

/// Whether an instance is one that the filter asks for.
pub(super) fn matches(filter: &InstanceFilter, state: &InstanceState) -> bool {
    (filter.statuses.is_empty() || filter.statuses.contains(&state.status))
        && within(
            Some(state.created_at),
            filter.created_from,
            filter.created_to,
        )
        && within(
            state.completed_at,
            filter.completed_from,
            filter.completed_to,
        )
        && filter.name.as_ref().is_none_or(|name| *name == state.name)
        && filter
            .id_prefix
            .as_ref()
            .is_none_or(|prefix| state.instance_id.as_str().starts_with(prefix))
        && filter
            .parent
            .as_ref()
            .is_none_or(|parent| state.parent.as_ref() == Some(parent))
        && filter
            .tags
            .iter()
            .all(|(key, value)| state.tags.get(key) == Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursor_survives_its_token() {
        for id in ["a", "a.b", "", "-3.x"] {
            let cursor = Cursor {
                created_at: Timestamp::from_ticks(-5),
                id: id.to_owned(),
            };
            assert_eq!(Cursor::parse(&cursor.to_token()), Ok(cursor));
        }
    }

    #[test]
    fn token_of_entities_is_an_entity() {
        for token in [None, Some("@a@"), Some("@a@b"), Some("@a@b@c")] {
            assert_eq!(entity_token(token), Ok(token));
        }
        for token in ["", "a", "@a", "a@b"] {
            assert_eq!(entity_token(Some(token)), Err(StoreError::InvalidToken));
        }
    }

    #[test]
    fn foreign_token_is_refused() {
        for token in ["", "x", "x.y", "12"] {
            assert_eq!(Cursor::parse(token), Err(StoreError::InvalidToken));
        }
    }
}
