use super::*;

const ED25519: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ops@example.com\n";

fn pem(label: &str) -> String {
    format!("-----BEGIN {label}-----\nAAEC\n-----END {label}-----\n")
}

#[track_caller]
fn found(kind: SecretKind, value: impl AsRef<[u8]>) -> String {
    check(kind, value.as_ref()).unwrap_err()
}

#[test]
fn every_header_is_of_its_kind_only() {
    for label in PRIVATE {
        assert_eq!(check(SecretKind::PrivateKey, pem(label).as_bytes()), Ok(()));
        assert_eq!(found(SecretKind::PublicKey, pem(label)), format!("a `{label}`"));
    }
    for label in PUBLIC {
        assert_eq!(check(SecretKind::PublicKey, pem(label).as_bytes()), Ok(()));
        assert_eq!(found(SecretKind::PrivateKey, pem(label)), format!("a `{label}`"));
    }
    let ssh2 = "---- BEGIN SSH2 PUBLIC KEY ----\nComment: x\nAAEC\n---- END SSH2 PUBLIC KEY ----\n";
    assert_eq!(check(SecretKind::PublicKey, ssh2.as_bytes()), Ok(()));
    assert_eq!(check(SecretKind::PublicKey, ED25519.as_bytes()), Ok(()));
    assert_eq!(found(SecretKind::PrivateKey, ED25519), "an OpenSSH public key");
}

#[test]
fn a_certificate_with_its_private_key_is_private() {
    let both = format!("subject=CN = a\n{}\n{}", pem("CERTIFICATE"), pem("PRIVATE KEY"));
    assert_eq!(check(SecretKind::PrivateKey, both.as_bytes()), Ok(()));
    assert_eq!(found(SecretKind::PublicKey, both), "a `PRIVATE KEY`");
    let indented = format!("{}  -----BEGIN PRIVATE KEY-----\n  AAEC\n", pem("CERTIFICATE"));
    assert_eq!(found(SecretKind::PublicKey, indented), "a `PRIVATE KEY`");
    let hidden = format!("{}key: -----BEGIN PRIVATE KEY-----\n", pem("CERTIFICATE"));
    assert_eq!(found(SecretKind::PublicKey, hidden), "a text with a private key in it");
    let chain = pem("CERTIFICATE").repeat(2);
    assert_eq!(check(SecretKind::PublicKey, chain.as_bytes()), Ok(()));
    assert!(check(SecretKind::PublicKey, [pem("CERTIFICATE"), pem("SOMETHING ELSE")].concat().as_bytes()).is_err());
}

#[test]
fn half_a_key_is_told() {
    for (kind, label) in [(SecretKind::PrivateKey, "OPENSSH PRIVATE KEY"), (SecretKind::PublicKey, "CERTIFICATE")] {
        let half = pem(label).lines().take(2).collect::<Vec<_>>().join("\n");
        assert_eq!(found(kind, half), format!("a `{label}` without its end"));
    }
}

#[test]
fn what_is_found_never_repeats_a_value() {
    for kind in [SecretKind::PrivateKey, SecretKind::PublicKey] {
        assert_eq!(found(kind, "hunter2"), "a line of text that is no key");
        assert_eq!(found(kind, "hunter2\nhunter3"), "2 lines of text without the header of a key");
        assert!(!found(kind, pem("HUNTER2")).contains("HUNTER2"));
        assert_eq!(found(kind, [0xff, 0xfe]), "bytes that are no text");
    }
    for any in [&b"hunter2"[..], &[0xff], ED25519.as_bytes(), pem("PRIVATE KEY").as_bytes()] {
        assert_eq!(check(SecretKind::Password, any), Ok(()));
    }
}

#[test]
fn an_openssh_line_has_its_type_in_its_key() {
    let cut = ED25519.replace("AAAAC3NzaC1l", "AAAAC3NzaC1m");
    for wrong in ["ssh-ed25519", "ssh-ed25519 AAAA", "ssh-ed25519 hunter2!", "ssh-hunter2 AAAAC3NzaC1l", &cut] {
        assert_eq!(found(SecretKind::PublicKey, wrong), "a line of text that is no key", "{wrong}");
    }
    let several = format!("# ours\n{ED25519}\n{ED25519}");
    assert_eq!(check(SecretKind::PublicKey, several.as_bytes()), Ok(()));
    assert!(check(SecretKind::PublicKey, format!("{several}hunter2\n").as_bytes()).is_err());
    let name = "ssh-ed25519-cert-v01@openssh.com";
    let encoded = STANDARD.encode([&[0, 0, 0, 32], name.as_bytes(), &[1; 8]].concat());
    assert_eq!(check(SecretKind::PublicKey, format!("{name} {encoded} x").as_bytes()), Ok(()));
}
