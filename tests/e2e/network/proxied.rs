//! A proxy: it is the runner's, and steps do not notice it.

use super::servers::{head, secure_web, server, web};
use super::{Try, attempts, installation, set_job, try_one};
use serde_json::{Value, json};
use std::fs;
use std::io::{Write as _, copy};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

/// A proxy (RFC 9110, section 9.3.6) that leads everything to one server, and what it was asked for.
pub(super) fn proxy(to: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    let address = server(move |mut client| {
        let Some(head) = head(&mut client) else { return };
        heard.lock().unwrap().push(head.lines().next().unwrap_or_default().to_owned());
        let upstream = TcpStream::connect(to).unwrap();
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        let (mut to_client, mut from_upstream) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
        std::thread::spawn(move || copy(&mut from_upstream, &mut to_client));
        let _ = copy(&mut client, &mut &upstream);
    });
    (address, asked)
}

fn get(url: &str) -> Try<'_> {
    Try::new(json!({"kind": "get", "url": url}))
}

#[test]
fn connections_go_through_it_and_tls_goes_through_them() {
    let (upstream, authority) = secure_web("files.example", "behind the proxy");
    let (address, asked) = proxy(upstream);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    fs::write(&file, authority).unwrap();
    let network = json!({"proxy": format!("http://{address}"), "certificateAuthorities": [file]});

    let (good, bad) = ("https://files.example/a", "https://other.example/");
    assert_eq!(try_one(&network, get(good).granted(&[good]))["get"]["detail"], "200 behind the proxy");
    // The proxy leads both to the same server: the step looks at its certificate, not the runner.
    let seen = try_one(&network, get(bad).granted(&[bad]));
    assert!(seen["get"]["detail"].as_str().unwrap().contains("cannot trust `other.example`"), "{seen}");
    let asked = asked.lock().unwrap();
    assert_eq!(*asked, ["CONNECT files.example:443 HTTP/1.1", "CONNECT other.example:443 HTTP/1.1"]);
}

#[test]
fn what_it_is_not_for_goes_past_it() {
    let (address, asked) = proxy(web("behind the proxy"));
    let here = web("here");
    let (far, near) = ("http://files.example:8080/", format!("http://{here}/"));
    let network = json!({"proxy": format!("http://{address}"), "localDestinations": [here]});
    assert_eq!(try_one(&network, get(far).granted(&[far]))["get"]["detail"], "200 behind the proxy");
    assert_eq!(try_one(&network, get(&near).granted(&[&near]))["get"]["detail"], "200 here");
    let without = json!({"proxy": format!("http://{address}"), "noProxy": [".example"]});
    let seen = try_one(&without, get("http://files.example:8080/").granted(&[far]));
    assert_eq!(seen["get"]["ok"], false, "no resolver knows `.example` (RFC 6761): {seen}");
    assert_eq!(*asked.lock().unwrap(), ["CONNECT files.example:8080 HTTP/1.1"]);
}

#[test]
fn what_a_step_may_not_reach_it_may_not_reach_through_it() {
    let (address, asked) = proxy(web("behind the proxy"));
    let network = json!({"proxy": format!("http://{address}")});
    for (url, granted) in [
        ("http://other.example/", "http://files.example/"),
        ("http://169.254.169.254/", "http://169.254.169.254/"),
        ("http://127.0.0.1:1/", "http://127.0.0.1:1/"),
    ] {
        let seen = try_one(&network, get(url).granted(&[granted]));
        assert!(seen["get"]["detail"].as_str().unwrap().contains("may not connect"), "{seen}");
    }
    assert_eq!(*asked.lock().unwrap(), [""; 0]);
}

/// They are set on many machines for other programs, with addresses that a runner never chose.
#[test]
fn variables_of_the_environment_name_none() {
    let (address, asked) = proxy(web("behind the proxy"));
    let here = web("here");
    let url = format!("http://{here}/");
    let installation = installation(&json!({"localDestinations": [here]}));
    set_job(&installation, &[get(&url).granted(&[&url])]);
    let mut command = installation.job_command(&["--output", "json"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        command.env(name, format!("http://{address}"));
    }
    let seen: Vec<Value> = attempts(&command.output().unwrap().into());
    assert_eq!(seen[0]["get"]["detail"], "200 here");
    assert_eq!(*asked.lock().unwrap(), [""; 0]);
}
