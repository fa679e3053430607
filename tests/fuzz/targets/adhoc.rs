use serde_json::{json, Value};
#[test]
fn adhoc() {
    let n: usize = std::env::var("N").unwrap().parse().unwrap();
    let kw = std::env::var("KW").unwrap();
    let mut defs = serde_json::Map::new();
    for i in 0..n { let r = json!({"$ref": format!("#/$defs/a{}", i+1)}); defs.insert(format!("a{i}"), json!({kw.clone(): [r, r]})); }
    defs.insert(format!("a{n}"), if kw == "allOf" { json!({"type":"object"}) } else { json!({"required":["no"]}) });
    let schema: Value = json!({"$ref":"#/$defs/a0","$defs":defs});
    let config = json!({"name":"x","a":{"a":{}},"next":{"name":"y"}});
    let start = std::time::Instant::now();
    let r = windlass_engine::check_config(config, &schema, "p/s");
    println!("{n} {kw} {} bytes check {:?} {:?}", schema.to_string().len(), r.map_err(|e| e.to_string().chars().take(100).collect::<String>()), start.elapsed());
}
