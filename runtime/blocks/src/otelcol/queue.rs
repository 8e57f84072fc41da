//! The queue in front of an exporter.

use std::time::Duration;

use alloy_component::OtelStorage;
use alloy_value::Block;

/// Queue of what waits to be sent.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct SendingQueueBlock {
    /// Queues data. Otherwise whoever sends data waits until it is delivered.
    #[args(default = true)]
    pub enabled: bool,
    /// How many requests are sent at a time.
    #[args(default = 10)]
    pub num_consumers: i64,
    /// How much the queue holds, in units of `sizer`.
    #[args(default = 1000)]
    pub queue_size: i64,
    /// Waits for room when the queue is full instead of refusing data.
    #[args(default = false)]
    pub block_on_overflow: bool,
    /// Unit of the queue: `requests`, `items` (spans, data points, log records) or `bytes`.
    #[args(default = "requests")]
    pub sizer: String,
    /// Lets whoever sends data wait until it is delivered.
    #[args(default = false)]
    pub wait_for_result: bool,
    /// Storage that keeps the queue over restarts: the export of `otelcol.storage.file`. Without
    /// it the queue is in memory.
    pub storage: Option<OtelStorage>,
    /// Puts several requests together before they are sent.
    #[args(block)]
    pub batch: Option<BatchBlock>,
}

/// Puts several requests together before they are sent.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct BatchBlock {
    /// Longest time that data waits for its batch to fill.
    #[args(default = "200ms")]
    pub flush_timeout: Duration,
    /// Size from which a batch is sent at once, in units of `sizer`.
    #[args(default = 2000)]
    pub min_size: i64,
    /// Largest size of a batch, in units of `sizer`; 0 for no limit.
    #[args(default = 3000)]
    pub max_size: i64,
    /// Unit of the batch: `items` (spans, data points, log records) or `bytes`.
    #[args(default = "items")]
    pub sizer: String,
}

impl SendingQueueBlock {
    fn check(&self) -> Result<(), String> {
        if !self.enabled {
            return Ok(());
        }
        check_sizer(&self.sizer)?;
        if self.queue_size <= 0 {
            return Err("queue_size must be greater than zero".to_owned());
        }
        if self.num_consumers <= 0 {
            return Err("num_consumers must be greater than zero".to_owned());
        }
        match &self.batch {
            Some(batch) if batch.sizer == self.sizer && batch.min_size > self.queue_size => {
                Err("`min_size` must be less than or equal to `queue_size`".to_owned())
            }
            _ => Ok(()),
        }
    }
}

impl BatchBlock {
    fn check(&self) -> Result<(), String> {
        check_sizer(&self.sizer)?;
        let message = match () {
            () if self.sizer == "requests" => "`batch` supports only `items` or `bytes` sizer",
            () if self.flush_timeout.is_zero() => "`flush_timeout` must be positive",
            () if self.min_size < 0 => "`min_size` must be non-negative",
            () if self.max_size < 0 => "`max_size` must be non-negative",
            () if self.max_size > 0 && self.max_size < self.min_size => {
                "`max_size` must be greater or equal to `min_size`"
            }
            () => return Ok(()),
        };
        Err(message.to_owned())
    }
}

fn check_sizer(sizer: &str) -> Result<(), String> {
    match sizer {
        "requests" | "items" | "bytes" => Ok(()),
        _ => Err(format!("invalid sizer: {sizer}")),
    }
}
