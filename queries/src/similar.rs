//! Names that are spelt nearly alike, for "did you mean".

/// Most names that are suggested at once.
const MOST: usize = 3;

/// Longest name, in bytes, that is compared: nobody misspells a longer one.
const LONGEST: usize = 200;

/// Words that are names in another spelling.
pub(crate) const KEYWORDS: &[&str] = &["true", "false", "null"];

/// Most letters that may be wrong.
pub(crate) const FURTHEST: usize = 4;

/// Those of `names` that `text` may be a misspelling of, best first, at most three. A third of the
/// letters may be wrong. O(names × length).
pub fn similar<'n>(text: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    if text.len() > LONGEST {
        return Vec::new();
    }
    let length = text.chars().count();
    let allowed = (length / 3).clamp(1, FURTHEST);
    let mut found: Vec<(usize, &str)> = names
        .into_iter()
        .filter(|name| *name != text && !name.is_empty())
        .filter(|name| name.len().abs_diff(text.len()) <= allowed)
        .map(|name| (distance(text, name), name))
        // Of a short word nothing may be left that was right.
        .filter(|(distance, name)| *distance <= allowed && *distance < name.chars().count())
        .collect();
    found.sort_unstable();
    found.dedup();
    // What is further away than the best is not meant.
    let best = found.first().map_or(0, |(distance, _)| *distance);
    found.retain(|(distance, _)| *distance == best);
    found.truncate(MOST);
    found.into_iter().map(|(_, name)| name).collect()
}

/// The note that suggests `names`.
pub fn did_you_mean(names: &[impl AsRef<str>]) -> Option<String> {
    let quoted: Vec<String> = names.iter().map(|name| alloy_value::quote(name.as_ref())).collect();
    match quoted.as_slice() {
        [] => None,
        [only] => Some(format!("did you mean {only}?")),
        [first @ .., last] => Some(format!("did you mean {} or {last}?", first.join(", "))),
    }
}

/// Number of letters to insert, remove, replace or swap with their neighbour. Upper and lower case
/// are the same letter.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().flat_map(char::to_lowercase).collect();
    let b: Vec<char> = b.chars().flat_map(char::to_lowercase).collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(x != y);
            let mut least = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before_last[j - 1] + 1);
            }
            row.push(least);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let cases = [("", "abc", 3), ("abc", "abc", 0), ("ab", "ba", 1), ("Abc", "abd", 1)];
        for (a, b, expected) in cases {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
        assert_eq!(distance("forward_to", "forwrad_too"), 2);
    }

    #[test]
    fn only_near_names_are_suggested_and_few() {
        let names = ["targets", "forward_to", "target", "job_name", "a", "b"];
        assert_eq!(similar("tragets", names), ["targets"]);
        assert_eq!(similar("targetz", names), ["target", "targets"]);
        assert_eq!(similar("colour", names), [""; 0]);
        assert_eq!(similar("c", names), [""; 0]);
        let many = ["node1", "node2", "node3", "node4"];
        assert_eq!(similar("node", many), ["node1", "node2", "node3"]);
        assert_eq!(
            did_you_mean(&many[..3]).unwrap(),
            "did you mean \"node1\", \"node2\" or \"node3\"?"
        );
    }
}
