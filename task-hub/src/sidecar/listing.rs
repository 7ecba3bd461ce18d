//! Many instances at once: listed and removed.

use std::time::Duration;

use durable_task::wire::proto::purge_instances_request::Request as What;
use durable_task::wire::proto::{
    ListInstanceIdsRequest, ListInstanceIdsResponse, PurgeInstanceFilter, PurgeInstancesRequest,
    PurgeInstancesResponse, QueryInstancesRequest, QueryInstancesResponse,
};
use durable_task::{ClientError, InstanceFilter};
use prost::Message as _;
use tonic::Status;

use super::convert::{count, state, statuses, text, time};
use super::instances::{check_batch, fetch};
use super::status::{invalid, status};
use super::{Core, known};

/// How many instances a page has if nobody says how many.
const PAGE: usize = 100;
/// How many instances a page has at most.
const PAGE_MAX: usize = 1_000;
/// How long a purge by filter goes on if nobody says how long.
const PURGE_TIME: Duration = Duration::from_secs(30);

/// How many to list.
pub(super) fn page_size(field: &str, asked: i32) -> Result<usize, Status> {
    match usize::try_from(asked) {
        Ok(0) => Ok(PAGE),
        Ok(asked) => Ok(asked.min(PAGE_MAX)),
        Err(_) => Err(invalid(field, format_args!("{asked} is less than none"))),
    }
}

/// How many of the first items fit into `bytes_max`, at least one.
pub(super) fn fitting(sizes: impl Iterator<Item = usize>, bytes_max: usize) -> usize {
    let sums = sizes.scan(0_usize, |sum, size| {
        *sum = sum.saturating_add(size);
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= bytes_max).count().max(1)
}

/// How long something may take. The conversion of `prost_types` panics at the smallest number.
fn time_limit(asked: prost_types::Duration) -> Result<Duration, Status> {
    let (Ok(seconds), Ok(nanos)) = (u64::try_from(asked.seconds), u64::try_from(asked.nanos))
    else {
        return Err(invalid("timeout", "it is less than nothing"));
    };
    Ok(Duration::from_secs(seconds).saturating_add(Duration::from_nanos(nanos)))
}

impl Core {
    /// Lists instances: at most as many as asked for, fewer where they would not fit into a
    /// message.
    pub(super) async fn query(
        &self,
        request: QueryInstancesRequest,
    ) -> Result<QueryInstancesResponse, Status> {
        let query = request.query.unwrap_or_default();
        let filter = InstanceFilter {
            statuses: statuses("runtimeStatus", &query.runtime_status)?,
            created_from: time("createdTimeFrom", query.created_time_from)?,
            created_to: time("createdTimeTo", query.created_time_to)?,
            id_prefix: text(query.instance_id_prefix),
            ..InstanceFilter::default()
        };
        let fetch = fetch(query.fetch_inputs_and_outputs);
        let token = text(query.continuation_token);
        let mut size = page_size("maxInstanceCount", query.max_instance_count)?;
        let bytes_max = self.options.payload_bytes_max();
        loop {
            let page = self.client.query(&filter, fetch, size, token.as_deref());
            let page = page.await.map_err(status)?;
            let shown: Vec<_> = page.items.into_iter().map(state).collect();
            let fit = fitting(shown.iter().map(|state| state.encoded_len() + 8), bytes_max);
            if fit >= shown.len() {
                return Ok(QueryInstancesResponse {
                    orchestration_state: shown,
                    continuation_token: page.next,
                });
            }
            // Asked again, so that the token goes on where this page ends.
            size = fit;
        }
    }

    /// Lists the ids of instances that have ended, in the order of their ends.
    pub(super) async fn list_ids(
        &self,
        request: ListInstanceIdsRequest,
    ) -> Result<ListInstanceIdsResponse, Status> {
        let wanted = statuses("runtimeStatus", &request.runtime_status)?;
        let within = (
            time("completedTimeFrom", request.completed_time_from)?,
            time("completedTimeTo", request.completed_time_to)?,
        );
        let size = page_size("pageSize", request.page_size)?;
        let token = text(request.last_instance_key);
        let page = self
            .hub
            .ended(&wanted, within, size, token.as_deref())
            .await
            .map_err(status)?;
        Ok(ListInstanceIdsResponse {
            instance_ids: page.items.iter().map(ToString::to_string).collect(),
            last_instance_key: page.next,
        })
    }

    /// Removes instances and entities. What is not there or has not ended is left out and not
    /// counted.
    pub(super) async fn purge(
        &self,
        request: PurgeInstancesRequest,
    ) -> Result<PurgeInstancesResponse, Status> {
        let recursive = request.recursive;
        let (deleted, complete) = match request.request {
            None => return Err(invalid("request", "say what to purge")),
            Some(What::InstanceId(id)) => {
                if request.is_orchestration && known(&id)?.is_entity() {
                    return Err(invalid("instanceId", format_args!("`{id}` is an entity")));
                }
                (self.purge_one(&id, recursive).await?, true)
            }
            Some(What::InstanceBatch(batch)) => {
                check_batch(&batch.instance_ids)?;
                let mut deleted = 0;
                for id in &batch.instance_ids {
                    deleted += self.purge_one(id, recursive).await?;
                }
                (deleted, true)
            }
            Some(What::PurgeInstanceFilter(filter)) => self.purge_filtered(filter).await?,
        };
        Ok(PurgeInstancesResponse {
            deleted_instance_count: count(deleted),
            is_complete: Some(complete),
        })
    }

    async fn purge_one(&self, id: &str, recursive: bool) -> Result<u64, Status> {
        match self.client.purge(&known(id)?, recursive).await {
            Err(ClientError::NotFound { .. } | ClientError::InvalidState { .. }) => Ok(0),
            purged => purged.map_err(status),
        }
    }

    async fn purge_filtered(&self, filter: PurgeInstanceFilter) -> Result<(u64, bool), Status> {
        let limit = filter.timeout.map_or(Ok(PURGE_TIME), time_limit)?;
        let filter = InstanceFilter {
            statuses: statuses("runtimeStatus", &filter.runtime_status)?,
            created_from: time("createdTimeFrom", filter.created_time_from)?,
            created_to: time("createdTimeTo", filter.created_time_to)?,
            ..InstanceFilter::default()
        };
        let purged = self.client.purge_matching(&filter, limit).await;
        let purged = purged.map_err(status)?;
        Ok((purged.removed, purged.complete))
    }
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[test]
    fn a_time_limit_is_any_time_but_a_negative_one() {
        let limit = |seconds, nanos| time_limit(prost_types::Duration { seconds, nanos });
        for (seconds, nanos, expected) in [
            (0, 0, Duration::ZERO),
            (5, 250_000_000, Duration::from_millis(5_250)),
            (0, i32::MAX, Duration::from_nanos(2_147_483_647)),
            (i64::MAX, 0, Duration::from_secs(i64::MAX.unsigned_abs())),
        ] {
            assert_eq!(limit(seconds, nanos).unwrap(), expected);
        }
        for (seconds, nanos) in [
            (i64::MIN, 0),
            (i64::MIN, i32::MIN),
            (-1, 999_999_999),
            (0, -1),
            (1, i32::MIN),
        ] {
            let refused = limit(seconds, nanos).unwrap_err();
            assert_eq!(refused.code(), Code::InvalidArgument, "{seconds} {nanos}");
            assert!(refused.message().starts_with("timeout: "), "{refused}");
        }
    }

    #[test]
    fn pages_are_bounded_and_never_negative() {
        let table = [(0, PAGE), (7, 7), (i32::MAX, PAGE_MAX)];
        for (asked, size) in table {
            assert_eq!(page_size("n", asked).unwrap(), size);
        }
        let status = page_size("pageSize", -1).unwrap_err();
        assert_eq!(status.message(), "pageSize: -1 is less than none");
    }

    #[test]
    fn a_page_has_what_fits_and_at_least_one() {
        let table: [(&[usize], usize); 5] = [
            (&[], 1),
            (&[10], 1),
            (&[10, 10], 2),
            (&[10, 10, 1], 2),
            (&[21, 1], 1),
        ];
        for (sizes, fit) in table {
            assert_eq!(fitting(sizes.iter().copied(), 20), fit, "{sizes:?}");
        }
    }
}
