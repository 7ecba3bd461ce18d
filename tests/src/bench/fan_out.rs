//! B2: one instance with many parallel activities.

use std::time::Instant;

use crate::Figures;
use crate::figure::{Figure, Limit, median};
use crate::hub::Stage;
use crate::workload;

const NARROW: usize = 1_000;
const WIDE: usize = 10_000;
const ROUNDS: usize = 5;

pub async fn measure() -> Figures {
    let stage = Stage::open(|registry, _| Ok(workload::register(registry)?)).await?;
    let (mut narrow, mut wide) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        for (width, times) in [(NARROW, &mut narrow), (WIDE, &mut wide)] {
            let began = Instant::now();
            let id = format!("fan-out-{round}-{width}");
            let id = workload::start(&*stage.client, "fan-out", &id, width).await?;
            workload::finish(&*stage.client, &id).await?;
            times.push(began.elapsed().as_secs_f64());
        }
    }
    let (narrow, wide) = (median(narrow), median(wide));
    #[allow(clippy::cast_precision_loss, reason = "small")]
    let growth = wide / narrow / (WIDE / NARROW) as f64;
    Ok(vec![
        Figure::new("fan-out-1000", narrow, "s"),
        Figure::new("fan-out-10000", wide, "s"),
        Figure::ratio(
            "fan-out-10000-over-1000-per-activity",
            growth,
            Limit::AtMost(1.5),
        ),
    ])
}
