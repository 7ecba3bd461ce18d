//! Durable timers.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::Timestamp;
use crate::episode::{Handle, OpenTask};

use super::OrchestrationContext;

const DAY: Duration = Duration::from_hours(24);
/// The longest timer that is one timer on every backend.
const ONE_TIMER_MAX: Duration = DAY.saturating_mul(6);
/// The length of a link of a chain.
const LINK: Duration = DAY.saturating_mul(3);

impl OrchestrationContext {
    /// Waits. The time is durable: the process may end meanwhile. Never shorter than asked for;
    /// begins when it is first awaited.
    #[track_caller]
    pub fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(&self.state, Until::After(duration))
    }

    /// Waits until a time; a time that has passed is waited for just as well, shortly.
    #[track_caller]
    pub fn sleep_until(&self, time: Timestamp) -> Sleep {
        Sleep::new(&self.state, Until::Time(time))
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Until {
    After(Duration),
    Time(Timestamp),
}

/// Ends at a time. Made by [`OrchestrationContext::sleep`].
#[must_use = "a timer starts when it is awaited"]
#[derive(Debug)]
pub struct Sleep {
    state: Handle,
    until: Until,
    /// The current timer, and whether it is the last one.
    timer: Option<(OpenTask, bool)>,
    at: &'static Location<'static>,
}

impl Sleep {
    #[track_caller]
    pub(super) fn new(state: &Handle, until: Until) -> Self {
        Self {
            state: state.clone(),
            until,
            timer: None,
            at: Location::caller(),
        }
    }

    /// The line that errors name.
    pub(super) fn awaited_at(mut self, at: &'static Location<'static>) -> Self {
        self.at = at;
        self
    }

    fn start(&mut self) -> (OpenTask, bool) {
        let mut state = self.state.borrow_mut();
        let now = state.now();
        let end = match self.until {
            Until::After(duration) => now.saturating_add(duration),
            Until::Time(time) => time,
        };
        self.until = Until::Time(end);
        let is_far = end.saturating_since(now) > ONE_TIMER_MAX;
        let is_link = is_far && state.options.chain_long_timers;
        let fire_at = if is_link {
            now.saturating_add(LINK)
        } else {
            end
        };
        let id = state.start_timer(fire_at, self.at);
        (OpenTask::new(&self.state, id), !is_link)
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        loop {
            let (mut task, is_last) = match self.timer.take() {
                Some(timer) => timer,
                None => self.start(),
            };
            match task.poll(self.at) {
                Poll::Ready(_) if is_last => return Poll::Ready(()),
                Poll::Ready(_) => {}
                Poll::Pending => {
                    self.timer = Some((task, is_last));
                    return Poll::Pending;
                }
            }
        }
    }
}
