//! Label sets as they appear at the edges: parsing, relabelling, encoding.

use std::sync::Arc;

/// Name and value of one label.
pub type Label = (Arc<str>, Arc<str>);

/// Label set, sorted by name, names unique, empty values removed. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Labels(Arc<[Label]>);

impl Labels {
    /// Sorts, removes empty values; of a repeated name the last value wins.
    pub fn new<N: Into<Arc<str>>, V: Into<Arc<str>>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let mut builder = LabelsBuilder::default();
        for (name, value) in pairs {
            builder.set(name, value);
        }
        builder.finish()
    }

    /// Value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(n, _)| (**n).cmp(name)).ok()?;
        Some(&self.0[at].1)
    }

    /// Pairs in name order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + '_ {
        self.0.iter().map(|(n, v)| (&**n, &**v))
    }

    /// Shared pairs in name order.
    pub fn pairs(&self) -> &[Label] {
        &self.0
    }

    /// Number of labels.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Stable xxhash64 over name, 0xff, value, 0xff of each pair, the hash other implementations
    /// use for sharding (spec/components/_common-prometheus.md, Targets).
    pub fn stable_hash(&self) -> u64 {
        let mut hasher = xxhash_rust::xxh64::Xxh64::new(0);
        for (name, value) in self.iter() {
            hasher.update(name.as_bytes());
            hasher.update(&[0xff]);
            hasher.update(value.as_bytes());
            hasher.update(&[0xff]);
        }
        hasher.digest()
    }

    /// A builder that starts from these labels.
    pub fn to_builder(&self) -> LabelsBuilder {
        LabelsBuilder { pairs: self.0.to_vec() }
    }
}

impl std::fmt::Debug for Labels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::fmt::Display for Labels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("{")?;
        for (i, (name, value)) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{name}={value:?}")?;
        }
        f.write_str("}")
    }
}

/// Mutable label set, kept sorted.
#[derive(Clone, Debug, Default)]
pub struct LabelsBuilder {
    pairs: Vec<Label>,
}

impl LabelsBuilder {
    /// Sets `name`; an empty value removes it.
    pub fn set(&mut self, name: impl Into<Arc<str>>, value: impl Into<Arc<str>>) {
        let (name, value) = (name.into(), value.into());
        match (self.pairs.binary_search_by(|(n, _)| n.cmp(&name)), value.is_empty()) {
            (Ok(at), true) => drop(self.pairs.remove(at)),
            (Ok(at), false) => self.pairs[at].1 = value,
            (Err(_), true) => {}
            (Err(at), false) => self.pairs.insert(at, (name, value)),
        }
    }

    /// Removes `name`.
    pub fn remove(&mut self, name: &str) {
        if let Ok(at) = self.pairs.binary_search_by(|(n, _)| (**n).cmp(name)) {
            self.pairs.remove(at);
        }
    }

    /// Value of `name`, `""` if absent.
    pub fn get(&self, name: &str) -> &str {
        match self.pairs.binary_search_by(|(n, _)| (**n).cmp(name)) {
            Ok(at) => &self.pairs[at].1,
            Err(_) => "",
        }
    }

    /// Pairs in name order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> + '_ {
        self.pairs.iter().map(|(n, v)| (&**n, &**v))
    }

    /// Keeps the pairs for which `keep` holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &str) -> bool) {
        self.pairs.retain(|(n, v)| keep(n, v));
    }

    /// The finished set.
    pub fn finish(self) -> Labels {
        Labels(self.pairs.into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stable_hash_is_that_of_other_implementations() {
        // xxhash64 of nothing, and of name, 0xff, value, 0xff.
        assert_eq!(Labels::default().stable_hash(), 0xef46_db37_51d8_e999);
        let one = Labels::new([("a", "b")]);
        let mut bytes = b"a\xffb\xff".to_vec();
        assert_eq!(one.stable_hash(), xxhash_rust::xxh64::xxh64(&bytes, 0));
        bytes.extend_from_slice(b"c\xffd\xff");
        let two = Labels::new([("c", "d"), ("a", "b")]);
        assert_eq!(two.stable_hash(), xxhash_rust::xxh64::xxh64(&bytes, 0));
    }

    proptest! {
        #[test]
        fn builder_equals_a_sorted_map(
            steps in prop::collection::vec(("[a-e]", proptest::option::of("[x-z]{0,2}")), 0..30),
        ) {
            let (mut builder, mut model) = (LabelsBuilder::default(), BTreeMap::new());
            for (name, value) in steps {
                match value.filter(|value| !value.is_empty()) {
                    Some(value) => {
                        builder.set(name.as_str(), value.as_str());
                        model.insert(name, value);
                    }
                    None => {
                        builder.remove(&name);
                        model.remove(&name);
                    }
                }
            }
            let labels = builder.finish();
            prop_assert!(labels.iter().eq(model.iter().map(|(n, v)| (n.as_str(), v.as_str()))));
            for name in ["a", "b", "c", "d", "e", "f"] {
                prop_assert_eq!(labels.get(name), model.get(name).map(String::as_str));
            }
            prop_assert_eq!(Labels::new(model), labels.to_builder().finish());
        }
    }
}
