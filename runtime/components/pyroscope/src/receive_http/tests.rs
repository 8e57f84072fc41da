use std::time::Duration;

use alloy_queries::testing::decode;

use super::ReceiveHttpArgs;

#[test]
fn listener_has_its_own_defaults() {
    let args: ReceiveHttpArgs =
        decode("forward_to = []\nhttp {\nlisten_port = 1\nserver_read_timeout = \"5s\"\n}")
            .unwrap();
    let http = args.http.unwrap();
    assert_eq!((http.listen_port, http.conn_limit), (1, 16384));
    assert_eq!(http.options.server_read_timeout, Duration::from_secs(5));
    assert_eq!(http.options.server_idle_timeout, Duration::from_secs(120));
    assert_eq!(args.debug_info_upload_timeout, Duration::from_secs(120));
}
