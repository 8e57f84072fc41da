use alloy_flow_regex::{Groups, Regex};
#[test]
fn regex() {
    let text = std::fs::read_to_string("/work/shared/corpus/metrics/regex.json").unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut bad = 0;
    for case in json["cases"].as_array().unwrap() {
        let pattern = case["pattern"].as_str().unwrap();
        let short: String = pattern.chars().take(60).collect();
        let t = std::time::Instant::now();
        let compiled = Regex::anchored(pattern);
        if t.elapsed().as_millis() > 50 { println!("SLOW {short:?} {:?}", t.elapsed()); }
        match (compiled, case["error"].as_str()) {
            (Ok(_), Some(e)) => { bad += 1; println!("{short:?}: compiled, wanted {e}"); }
            (Err(e), None) => { bad += 1; println!("{short:?}: refused {}", e.to_string().chars().take(100).collect::<String>()); }
            (Err(e), Some(w)) => if e.to_string() != w { println!("TEXT {short:?}: {} | {}", e, w); },
            (Ok(r), None) => for io in case["io"].as_array().unwrap() {
                let input = io["in"].as_str().unwrap();
                let mut g = Groups::default();
                let got = r.captures(input, &mut g).then(|| (0..4).map(|i| g.get(input, i).unwrap_or("").to_string()).collect::<Vec<_>>());
                let want = io["groups"].as_array().map(|a| a.iter().map(|v| v.as_str().unwrap().to_string()).collect::<Vec<_>>());
                if got != want { bad += 1; println!("{short:?} on {input:?}: {got:?} want {want:?}"); }
                assert_eq!(r.is_match(input), got.is_some(), "{short}");
            }
        }
    }
    assert_eq!(bad, 0);
}
