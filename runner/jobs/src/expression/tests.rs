use minijinja::value::Serde;
use serde_json::{Value, json};

use super::{Absent, ExpressionError, Template};

fn value(text: &str) -> Result<Value, ExpressionError> {
    let context = json!({ "options": {
        "limit": 100, "ratio": 0.5, "code": "500", "quick": true, "none": null, "list": ["a", "b"], "map": {"x": 1},
        "big": "x".repeat(100_000), "rows": vec!["row"; 10_000],
    }});
    Template::new(text)?.value(&minijinja::Value::from(Serde(&context)), Absent::Refused)
}

#[track_caller]
fn assert_invalid(text: &str, said: &str) {
    let error = value(text).expect_err(text);
    assert_eq!(error.code, "job.invalid-expression", "{text}: {error:?}");
    assert!(error.message.contains(said), "{text}: {error:?}");
}

#[test]
fn a_lone_expression_keeps_its_type() {
    for (text, expected) in [
        ("${{ options.limit }}", json!(100)),
        ("${{ options.ratio }}", json!(0.5)),
        ("${{ not options.quick }}", json!(false)),
        ("${{ options.code }}", json!("500")),
        ("${{ options.none }}", Value::Null),
        ("${{ options.list }}", json!(["a", "b"])),
        ("${{ options.list|map('upper')|list }}", json!(["A", "B"])),
        ("${{ options['map'] }}", json!({"x": 1})),
        ("${{ options.map|tojson }}", json!("{\"x\":1}")),
        ("${{ options.limit * 60 * 60 }}", json!(360_000)),
        ("${{ (options.limit + 1) * options.ratio }}", json!(50.5)),
        ("${{ options.list|length * 2 }}", json!(4)),
        ("${{ options.nothing|default(2) * 2 }}", json!(4)),
        ("${{ 'a' if options.quick else 'b' }}", json!("a")),
        ("${{ options.list[0] ~ options.list[-1] }}", json!("ab")),
        ("${{ options.nothing is defined }}", json!(false)),
        ("${{ options.nothing|default('x') }}", json!("x")),
        ("${{ range(3)|list }}", json!([0, 1, 2])),
        ("${{ {'a': [1, options.limit]} }}", json!({"a": [1, 100]})),
        ("${{ options.code|int + 1 }}", json!(501)),
        ("${{ [{'a': 2}, {'a': 1}]|map(attribute='a')|sort(reverse=true) }}", json!([2, 1])),
        ("${{ [{'a': 2}, {'a': 1}]|selectattr('a', 'gt', 1)|list }}", json!([{"a": 2}])),
        ("${{ options.list|join(', ') }}", json!("a, b")),
        ("${{ ' x '|trim|upper|replace('X', 'y') }}", json!("y")),
        ("${{ 'a b'|split }}", json!(["a", "b"])),
        ("${{ 2 ** 10 }}", json!(1024)),
    ] {
        assert_eq!(value(text), Ok(expected), "{text}");
    }
}

#[test]
fn within_a_text_values_become_text() {
    assert_eq!(value("limit ${{ options.limit + 1 }}, ${{ options.code }}"), Ok(json!("limit 101, 500")));
    assert_eq!(value("${{ options.list }}!"), Ok(json!("[\"a\",\"b\"]!")));
    assert_invalid("x${{ options.none }}", "`options.none` has no value to put into this text");
}

#[test]
fn what_is_no_expression_stays() {
    for text in ["$HOME {{ x }} {% y %} ${z}", "", "}}", "$ {{ x }}", "Größe 😀"] {
        assert_eq!(value(text), Ok(json!(text)));
    }
    assert_eq!(value("${{ '${{ }}' }}"), Ok(json!("${{ }}")));
    assert_eq!(value("ä${{ 'ö}}' }}ü"), Ok(json!("äö}}ü")));
}

#[test]
fn a_faulty_expression_is_an_error() {
    for (text, said) in [
        ("${{ options.limit", "has no `}}`"),
        ("${{ 'a }}", "has no `}}`"),
        ("${{ 1 + }}", "`1 +`"),
        ("${{ }}", "expression ``"),
        ("${{ options.limit|nosuchfilter }}", "nosuchfilter"),
        ("${{ options.limit|indent }}", "indent"),
        ("${{ 'a' / 2 }}", "`'a' / 2`"),
        ("${{ 1 / 0 }}", "`1 / 0`"),
        ("${{ 1.0 / 0 }}", "1.0 / 0"),
        ("${{ 10 ** 100 }}", "10 ** 100"),
        ("${{ 99999999999999999999999999 }}", "no value that JSON could hold"),
        ("${{ options.list.append('c') }}", "append"),
        ("${{ debug() }}", "debug"),
    ] {
        assert_invalid(text, said);
    }
    for text in ["${{ options.nothing }}", "${{ options.nothing|upper }}", "${{ options.nothing|list }}"] {
        assert!(value(text).is_err(), "{text}");
    }
    assert_eq!(value("${{ options.nothing }}").unwrap_err().code, "job.undefined-reference");
    assert_eq!(value("${{ options.nothing.below }}").unwrap_err().code, "job.undefined-reference");
}

/// Little text that would become much, or take long.
#[test]
fn a_bomb_does_not_go_off() {
    let many = |part: &str, count: usize| format!("${{{{ {} }}}}", vec![part; count].join(" ~ "));
    for (text, said) in [
        ("${{ range(1000000)|list|length }}".to_owned(), "too many"),
        ("${{ range(100000)|list }}".to_owned(), "too many"),
        ("${{ 'x' * 100000000 }}".to_owned(), "`*` multiplies numbers only"),
        ("${{ 100000000 * options.code }}".to_owned(), "`*` multiplies numbers only"),
        ("${{ ['x'] * 100000000 }}".to_owned(), "`*` multiplies numbers only"),
        ("${{ options.list * 100000000 }}".to_owned(), "`*` multiplies numbers only"),
        ("${{ (options.code ~ 'x') * 100000000 }}".to_owned(), "`*` multiplies numbers only"),
        ("${{ (options.code + options.code) * 100000000 }}".to_owned(), "`*` multiplies numbers only"),
        ("${{ (options.quick and options.code) * 100000000 }}".to_owned(), "`*` multiplies numbers only"),
        ("${{ (options.list|sum) * 100000000 }}".to_owned(), "`*` multiplies numbers only"),
        ("${{ options[options.code] * 100000000 }}".to_owned(), "`*` multiplies numbers only"),
        ("${{ -options.code * 10000000 }}".to_owned(), "`*` multiplies numbers only"),
        ("${{ range(10000)|join(options.big) }}".to_owned(), "`join` has too much to do"),
        ("${{ options.big|replace('', options.big) }}".to_owned(), "`replace` has too much to do"),
        ("${{ range(10000)|map('replace', '1', options.big)|list }}".to_owned(), "`replace` has too much to do"),
        (format!("${{{{ [{}] }}}}", vec!["options.big|list"; 90].join(",")), "`list` has too much to do"),
        (many("options.big", 200), "it may have 100 operators and filters"),
        (format!("${{{{ {}1{} }}}}", "(".repeat(50), ")".repeat(50)), ""),
        (format!("${{{{ {}1{} }}}}", "([".repeat(1000), "])".repeat(1000)), "50 brackets in each other"),
        (format!("${{{{ {}1 }}}}", "-".repeat(100)), ""),
        (format!("${{{{ {}1 }}}}", "-".repeat(4000)), "100 operators and filters"),
        (format!("${{{{ {}1 }}}}", "not ".repeat(1000)), "100 operators and filters"),
        (format!("${{{{ {}1 }}}}", "1 if 1 else ".repeat(300)), "100 operators and filters"),
        (format!("${{{{ 1{} }}}}", "|abs".repeat(1000)), "100 operators and filters"),
        (format!("${{{{ options{} }}}}", ".a".repeat(2000)), "1000 names, numbers and signs"),
        (format!("${{{{ options{} }}}}", ".a".repeat(400)), "is undefined"),
        (format!("${{{{ options{} }}}}", "['a']".repeat(250)), "is undefined"),
        (format!("${{{{ (options){} }}}}", "[options.a]".repeat(150)), "undefined"),
        (format!("${{{{ '{}' }}}}", "x".repeat(5000)), "it may have 4096 bytes"),
    ] {
        match value(&text) {
            Err(error) => assert!(error.message.contains(said), "{error:?}"),
            Ok(value) => assert!(said.is_empty(), "{text}: {} bytes", value.to_string().len()),
        }
    }
    let chained: String = vec!["${{ options.big }}"; 100].concat();
    assert_invalid(&chained, "the text becomes longer than 8388608 bytes");
}

#[test]
fn references_are_found_wherever_they_are() {
    let template = Template::new(
        "${{ a.b['c'][0] if d[e.f] else [g, {'h': i|default(j)}] }} ${{ k.l() ~ range(m) ~ n[o:p] ~ (not q is in(r)) }}",
    )
    .unwrap();
    let found: Vec<String> =
        template.expressions().flat_map(|expression| &expression.references).map(ToString::to_string).collect();
    let mut found: Vec<&str> = found.iter().map(String::as_str).collect();
    found.sort_unstable();
    let expected = ["a.b['c'][0]", "d[...]", "e.f", "g", "i", "j", "k", "m", "n", "o", "p", "q", "r"];
    assert_eq!(found, expected);
}
