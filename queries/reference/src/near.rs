//! Names that somebody may have meant.

/// How many names are suggested.
const SHOWN: usize = 5;

/// The names of `known` that are most like `given`: those spelt nearly like it, then those that
/// contain it.
pub fn near_names<'a>(given: &str, known: &[&'a str]) -> Vec<&'a str> {
    let mut near = alloy_queries::similar_names(given, known.iter().copied());
    // A part of a name of some length says more than a few letters in common.
    let word = given.to_lowercase();
    if word.len() >= 3 {
        near.extend(known.iter().filter(|name| name.contains(&word)));
    }
    let mut shown = Vec::new();
    for name in near {
        if !shown.contains(&name) && shown.len() < SHOWN {
            shown.push(name);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_similar_or_contain_the_word() {
        let known = ["prometheus.scrape", "pyroscope.scrape", "loki.write", "logging"];
        assert_eq!(near_names("prometheus.scrap", &known), ["prometheus.scrape"]);
        assert_eq!(near_names("scrape", &known), ["prometheus.scrape", "pyroscope.scrape"]);
        assert_eq!(near_names("loging", &known), ["logging"]);
        assert!(near_names("nothing.like.it", &known).is_empty());
    }
}
