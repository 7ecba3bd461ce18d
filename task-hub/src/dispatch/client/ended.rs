//! Listing what has ended.

use durable_task::{ClientError, InstanceId, Page, Timestamp};

use super::{HubClient, failed};
use crate::store::{EndedRow, StoreError};

/// How many instances are read at once for a page.
const READ_AT_ONCE: usize = 1_000;

impl HubClient {
    /// Ids of ended instances that `wanted` selects, in the order of their ends and then of their
    /// ids; a page may go on where another one ended.
    pub(crate) async fn ended(
        &self,
        wanted: impl Fn(&EndedRow) -> bool + Send,
        (from, to): (Option<Timestamp>, Option<Timestamp>),
        page_size: usize,
        token: Option<&str>,
    ) -> Result<Page<InstanceId>, ClientError> {
        // No id is empty, so that is before all that ended then.
        let first = from.map(|from| (from, InstanceId::from_stored("")));
        let mut place = match token {
            Some(token) => parse(token).map_err(failed)?.max(first),
            None => first,
        };
        let mut page = Page {
            items: Vec::new(),
            next: None,
        };
        loop {
            let rows = self.store.ended(place, READ_AT_ONCE).await;
            let rows = rows.map_err(failed)?;
            let is_last = rows.len() < READ_AT_ONCE;
            place = rows.last().map(after);
            for row in rows {
                if to.is_some_and(|to| row.completed_at >= to) {
                    return Ok(page);
                }
                if wanted(&row) {
                    let (ended, id) = after(&row);
                    page.items.push(id);
                    if page.items.len() >= page_size.max(1) {
                        page.next = Some(format!("{}.{}", ended.ticks(), row.instance));
                        return Ok(page);
                    }
                }
            }
            if is_last {
                return Ok(page);
            }
        }
    }
}

fn after(row: &EndedRow) -> (Timestamp, InstanceId) {
    (row.completed_at, row.instance.clone())
}

/// The place that a token stands for.
fn parse(token: &str) -> Result<Option<(Timestamp, InstanceId)>, StoreError> {
    let (ticks, id) = token.split_once('.').ok_or(StoreError::InvalidToken)?;
    let ticks = ticks.parse().map_err(|_| StoreError::InvalidToken)?;
    Ok(Some((
        Timestamp::from_ticks(ticks),
        InstanceId::from_stored(id),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_times_and_ids() {
        for id in ["a", "a.b", "-3.x"] {
            let place = (Timestamp::from_ticks(-5), InstanceId::from_stored(id));
            assert_eq!(parse(&format!("-5.{id}")), Ok(Some(place)));
        }
        for token in ["", "x", "x.y", "12"] {
            assert_eq!(parse(token), Err(StoreError::InvalidToken));
        }
    }
}
