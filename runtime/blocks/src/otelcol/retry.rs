//! Repeating what failed.

use std::time::Duration;

use alloy_value::Block;

/// When a request that failed is sent again.
#[derive(Block, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct RetryBlock {
    /// Sends failed requests again.
    #[args(default = true)]
    pub enabled: bool,
    /// Delay before the first repetition.
    #[args(default = "5s")]
    pub initial_interval: Duration,
    /// Share of the delay by which it varies at random: 0.5 makes it half as short or long again.
    #[args(default = 0.5)]
    pub randomization_factor: f64,
    /// Factor by which the delay grows each time.
    #[args(default = 1.5)]
    pub multiplier: f64,
    /// Longest delay.
    #[args(default = "30s")]
    pub max_interval: Duration,
    /// Time after which a request is given up; 0 for never.
    #[args(default = "5m")]
    pub max_elapsed_time: Duration,
}

impl RetryBlock {
    fn check(&self) -> Result<(), String> {
        if self.enabled && self.multiplier <= 1.0 {
            return Err("multiplier must be greater than 1.0".to_owned());
        }
        if self.enabled && self.randomization_factor < 0.0 {
            return Err("randomization_factor must not be negative".to_owned());
        }
        Ok(())
    }
}
