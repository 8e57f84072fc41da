//! Addresses of network devices, by rtnetlink(7).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netdevice, recv, send,
    socket_with,
};

/// An address of a network device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceAddress {
    /// Device.
    pub device: String,
    /// Address.
    pub address: IpAddr,
    /// Length of its network's prefix.
    pub prefix_bits: u8,
}

impl DeviceAddress {
    /// How far the address reaches, in node_exporter's words.
    pub(crate) fn scope(&self) -> &'static str {
        let (link, multicast) = match self.address {
            IpAddr::V4(ip) => (ip.is_loopback() || ip.is_link_local(), ip.is_multicast()),
            IpAddr::V6(ip) => (ip.is_loopback() || ip.is_unicast_link_local(), ip.is_multicast()),
        };
        match (link, multicast || self.address.is_unspecified()) {
            (true, _) => "link-local",
            (false, false) => "global",
            (false, true) => "",
        }
    }
}

/// The kernel answers at once; this only keeps a collector from hanging.
const PATIENCE: Duration = Duration::from_secs(1);
/// Kernels send dumps in pieces of at most 32 KiB.
const BUFFER_BYTES: usize = 32 * 1024;

const RTM_NEWADDR: u16 = 20;
const RTM_GETADDR: u16 = 22;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLM_F_REQUEST_DUMP: u16 = 0x301;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const HEADER_BYTES: usize = 16;
/// `struct ifaddrmsg`.
const ADDRESS_HEADER_BYTES: usize = 8;

/// All addresses of this network namespace. Blocking.
pub(crate) fn read() -> io::Result<Vec<DeviceAddress>> {
    // No protocol is protocol 0, which for netlink is routing.
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    set_socket_timeout(&socket, Timeout::Recv, Some(PATIENCE))?;
    send(&socket, &request(), SendFlags::empty())?;
    let mut raw = Vec::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let (len, _) = recv(&socket, &mut buffer[..], RecvFlags::empty())?;
        if len == 0 || parse(buffer.get(..len).unwrap_or_default(), &mut raw)? {
            break;
        }
    }
    raw.into_iter()
        .map(|found| {
            let device = netdevice::index_to_name(&socket, found.index)?;
            Ok(DeviceAddress { device, address: found.address, prefix_bits: found.prefix_bits })
        })
        .collect()
}

fn request() -> [u8; HEADER_BYTES + ADDRESS_HEADER_BYTES] {
    let mut message = [0; HEADER_BYTES + ADDRESS_HEADER_BYTES];
    let len = message.len() as u32;
    message[0..4].copy_from_slice(&len.to_ne_bytes());
    message[4..6].copy_from_slice(&RTM_GETADDR.to_ne_bytes());
    message[6..8].copy_from_slice(&NLM_F_REQUEST_DUMP.to_ne_bytes());
    message
}

#[derive(Debug, PartialEq)]
struct Found {
    index: u32,
    address: IpAddr,
    prefix_bits: u8,
}

/// Adds the addresses of one datagram; true when the dump is complete.
fn parse(mut bytes: &[u8], found: &mut Vec<Found>) -> io::Result<bool> {
    while let Some((len, kind)) = u32_at(bytes, 0).zip(u16_at(bytes, 4)) {
        let Some(message) = bytes.get(HEADER_BYTES..len as usize) else { break };
        match kind {
            NLMSG_DONE => return Ok(true),
            NLMSG_ERROR => {
                let code = u32_at(message, 0).unwrap_or_default() as i32;
                return Err(io::Error::from_raw_os_error(-code));
            }
            RTM_NEWADDR => found.extend(parse_address(message)),
            _ => {}
        }
        bytes = bytes.get(aligned(len as usize)..).unwrap_or_default();
    }
    Ok(false)
}

fn parse_address(message: &[u8]) -> Option<Found> {
    let (family, prefix_bits) = (*message.first()?, *message.get(1)?);
    let index = u32_at(message, 4)?;
    let mut attributes = message.get(ADDRESS_HEADER_BYTES..)?;
    let mut remote = None;
    let mut local = None;
    while let Some((len, kind)) = u16_at(attributes, 0).zip(u16_at(attributes, 2)) {
        let Some(value) = attributes.get(4..len as usize) else { break };
        match kind {
            IFA_ADDRESS => remote = ip(family, value),
            IFA_LOCAL => local = ip(family, value),
            _ => {}
        }
        attributes = attributes.get(aligned(len as usize)..).unwrap_or_default();
    }
    // With a peer, IFA_ADDRESS is the peer's.
    Some(Found { index, address: local.or(remote)?, prefix_bits })
}

fn ip(family: u8, value: &[u8]) -> Option<IpAddr> {
    match family {
        AF_INET => Some(Ipv4Addr::from(<[u8; 4]>::try_from(value).ok()?).into()),
        AF_INET6 => Some(Ipv6Addr::from(<[u8; 16]>::try_from(value).ok()?).into()),
        _ => None,
    }
}

fn aligned(len: usize) -> usize {
    len.max(1).next_multiple_of(4)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

pub(crate) fn fuzz(data: &[u8]) {
    drop(parse(data, &mut Vec::new()));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let len = 4 + value.len() as u16;
        [&len.to_ne_bytes()[..], &kind.to_ne_bytes(), value].concat()
    }

    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        let len = (HEADER_BYTES + body.len()) as u32;
        [&len.to_ne_bytes()[..], &kind.to_ne_bytes(), &[0; 10], body].concat()
    }

    #[test]
    fn a_dump_is_read_up_to_its_end() {
        let mut v4 = vec![AF_INET, 24, 0, 0];
        v4.extend(2u32.to_ne_bytes());
        v4.extend(attribute(IFA_ADDRESS, &[10, 0, 0, 1]));
        v4.extend(attribute(IFA_LOCAL, &[192, 0, 2, 2]));
        let mut v6 = vec![AF_INET6, 128, 0, 0];
        v6.extend(1u32.to_ne_bytes());
        v6.extend(attribute(IFA_ADDRESS, &Ipv6Addr::LOCALHOST.octets()));
        let mut found = Vec::new();
        let bytes = [message(RTM_NEWADDR, &v4), message(RTM_NEWADDR, &v6)].concat();
        assert!(!parse(&bytes, &mut found).expect("valid"));
        assert!(parse(&message(NLMSG_DONE, &[0; 4]), &mut found).expect("valid"));
        assert_eq!(
            found,
            [
                Found { index: 2, address: [192, 0, 2, 2].into(), prefix_bits: 24 },
                Found { index: 1, address: Ipv6Addr::LOCALHOST.into(), prefix_bits: 128 },
            ]
        );
    }

    #[test]
    fn an_error_is_reported() {
        let refused = message(NLMSG_ERROR, &(-1i32).to_ne_bytes());
        let error = parse(&refused, &mut Vec::new()).expect_err("refused");
        assert_eq!(error.raw_os_error(), Some(1));
    }

    #[test]
    fn scopes() {
        for (address, scope) in [
            ("127.0.0.1", "link-local"),
            ("169.254.1.1", "link-local"),
            ("::1", "link-local"),
            ("fe80::1", "link-local"),
            ("fd00::2", "global"),
            ("192.0.2.2", "global"),
            ("0.0.0.0", ""),
        ] {
            let address = address.parse().expect("an address");
            let found = DeviceAddress { device: "d".to_owned(), address, prefix_bits: 8 };
            assert_eq!(found.scope(), scope, "{address}");
        }
    }

    #[test]
    fn this_machine_answers() {
        // A sandbox may forbid the socket; an answer must be well formed.
        if let Ok(found) = read() {
            assert!(found.iter().all(|a| !a.device.is_empty()), "{found:?}");
        }
    }

    proptest! {
        #[test]
        fn no_datagram_panics_or_hangs(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            drop(parse(&bytes, &mut Vec::new()));
        }
    }
}
