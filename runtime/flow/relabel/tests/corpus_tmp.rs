use alloy_flow_relabel::*;
use alloy_telemetry::*;
use serde_json::Value as J;
/// Reads `rule { name = literal ... }` blocks.
fn rules(text: &str) -> Vec<Result<RuleConfig, String>> {
    let mut out = Vec::new();
    let mut cur: Option<Result<RuleConfig,String>> = None;
    for line in text.lines() {
        let line = line.trim();
        if line == "rule {" { cur = Some(Ok(RuleConfig::default())); continue; }
        if line == "}" { out.push(cur.take().unwrap()); continue; }
        if line.is_empty() { continue; }
        let (name, lit) = line.split_once(" = ").unwrap();
        // numbers as text
        let v: J = serde_json::from_str(lit).unwrap_or_else(|_| go(lit));
        let s = |v: &J| v.as_str().map(str::to_owned).unwrap_or_else(|| v.to_string());
        let Some(Ok(c)) = cur.as_mut() else { continue };
        match name {
            "source_labels" => c.source_labels = Some(v.as_array().unwrap().iter().map(s).collect()),
            "separator" => c.separator = s(&v),
            "regex" => c.regex = s(&v),
            "target_label" => c.target_label = s(&v),
            "replacement" => c.replacement = s(&v),
            "action" => c.action = s(&v),
            "modulus" => match v { J::Number(n) => c.modulus = n.as_u64().unwrap_or_else(|| n.as_i64().map_or_else(|| n.as_f64().unwrap() as u64, |i| i as u64)), _ => cur = Some(Err("type".into())) },
            _ => panic!("{name}"),
        }
    }
    out
}
fn go(lit: &str) -> J { panic!("literal {lit}") }
#[test]
fn relabel() {
    let text = std::fs::read_to_string("/work/shared/corpus/metrics/relabel.json").unwrap();
    let json: J = serde_json::from_str(&text).unwrap();
    let mut bad = 0;
    for case in json["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let r: Vec<_> = rules(case["rules"].as_str().unwrap()).into_iter().map(Result::unwrap).collect();
        for (names, key) in [(Names::Utf8, "out"), (Names::Legacy, "out_prometheus_relabel")] {
            let p = match Program::compile(&r, names) { Ok(p) => p, Err(e) => { bad += 1; println!("{name}: {e}"); continue } };
            for io in case["io"].as_array().unwrap() {
                let map = io["in"].as_object().unwrap();
                let legacy = names == Names::Legacy;
                if legacy && (!map.contains_key("__name__") || map.values().any(|v| v == "")) { continue; }
                let want = if legacy { io.get(key).unwrap_or(&io["out"]) } else { &io["out"] };
                let mut b = Labels::new(map.iter().map(|(k, v)| (k.as_str(), v.as_str().unwrap()))).to_builder();
                let got = match p.apply(&mut b) { Keep::No => J::Null, Keep::Yes => J::Object(b.finish().iter().map(|(k, v)| (k.to_owned(), J::from(v))).collect()) };
                if &got != want { bad += 1; println!("{name} {names:?}: in {map:?}\n got {got}\nwant {want}"); }
            }
        }
    }
    for case in json["config_errors"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let got = rules(case["rule"].as_str().unwrap()).remove(0).and_then(|c| Rule::compile(&c).map_err(|e| e.to_string()));
        match (got, case["error"].as_str()) {
            (Ok(_), Some(w)) => { bad += 1; println!("{name}: accepted, want {w}"); }
            (Err(e), None) => { bad += 1; println!("{name}: refused {e}"); }
            (Err(e), Some(w)) if !w.ends_with(&e) => println!("TEXT {name}: {e} | {w}"),
            _ => {}
        }
    }
    assert_eq!(bad, 0);
}
