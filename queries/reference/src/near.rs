//! Names that somebody may have meant.

use std::cmp::Reverse;

/// How many names are suggested.
const SHOWN: usize = 5;

/// The names of `known` that are most like `given`, best first.
pub fn near_names<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let given = given.to_lowercase();
    let mut near: Vec<(usize, Reverse<bool>, &str)> = known
        .into_iter()
        .filter_map(|name| {
            let distance = edit_distance(&given, name);
            // A part of a name of some length says more than a few letters in common.
            let contains = given.len() >= 3 && name.contains(given.as_str());
            (contains || distance <= 1 + given.len() / 5).then_some((
                distance,
                Reverse(contains),
                name,
            ))
        })
        .collect();
    near.sort_unstable();
    near.into_iter().map(|(_, _, name)| name).take(SHOWN).collect()
}

/// Number of insertions, deletions and replacements between two words.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replace = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replace.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_similar_or_contain_the_word() {
        let known = ["prometheus.scrape", "pyroscope.scrape", "loki.write", "logging"];
        assert_eq!(near_names("prometheus.scrap", known), ["prometheus.scrape"]);
        assert_eq!(near_names("scrape", known), ["pyroscope.scrape", "prometheus.scrape"]);
        assert_eq!(near_names("loging", known), ["logging"]);
        assert!(near_names("nothing.like.it", known).is_empty());
    }
}
