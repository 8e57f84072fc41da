//! Arguments of `discovery.dns`.

use std::time::Duration;

use alloy_value::Args;

/// Arguments of `discovery.dns`.
#[derive(Args, Clone, Debug, PartialEq)]
#[args(validate = Self::check)]
pub struct DnsArgs {
    /// Domain names to look up.
    pub names: Vec<String>,
    /// How often the names are looked up.
    #[args(default = "30s")]
    pub refresh_interval: Duration,
    /// Type of the records: `SRV`, `A`, `AAAA`, `MX` or `NS`, in any letter case.
    #[args(default = "SRV")]
    pub r#type: String,
    /// Port of the targets. Records of type `SRV` bring their own.
    #[args(default = 0)]
    pub port: i64,
}

impl DnsArgs {
    fn check(&self) -> Result<(), String> {
        match self.r#type.to_ascii_uppercase().as_str() {
            "SRV" => Ok(()),
            "A" | "AAAA" | "MX" | "NS" if self.port != 0 => Ok(()),
            "A" | "AAAA" | "MX" | "NS" => {
                Err(format!("records of type {:?} bring no port: configure port", self.r#type))
            }
            _ => Err(format!(
                "unknown type of DNS records {:?}: use \"SRV\", \"A\", \"AAAA\", \"MX\" or \"NS\"",
                self.r#type
            )),
        }
    }
}
