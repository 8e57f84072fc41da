//! FNV-1 with 32 bits.

const OFFSET: u32 = 0x811c_9dc5;
const PRIME: u32 = 0x0100_0193;

/// The hash as eight hex digits.
pub(crate) fn hash(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(OFFSET, |hash, byte| hash.wrapping_mul(PRIME) ^ u32::from(*byte));
    format!("{hash:08x}")
}

#[cfg(test)]
mod tests {
    use super::hash;

    /// Values from the published test vectors of FNV-1.
    #[test]
    fn known_values() {
        assert_eq!(hash(b""), "811c9dc5");
        assert_eq!(hash(b"a"), "050c5d7e");
        assert_eq!(hash(b"foobar"), "31f0b262");
    }
}
