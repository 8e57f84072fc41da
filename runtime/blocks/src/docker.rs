//! The address of a Docker daemon.

/// Refuses what is no address of a Docker daemon: a scheme and where it leads to.
///
/// # Errors
/// What is wrong with it, and what to write.
pub fn check_docker_host(host: &str) -> Result<(), String> {
    match host.split_once("://") {
        _ if host.is_empty() => Err("host must not be empty".to_owned()),
        Some((scheme, address)) if !scheme.is_empty() && !address.is_empty() => Ok(()),
        _ => Err(format!(
            "cannot parse the host {host:?}: write it as \"unix:///path\", \"tcp://host:port\" or \
             \"http://host:port\""
        )),
    }
}
