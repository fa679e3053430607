//! The network namespace has the metadata addresses of AWS, and nothing beyond itself.

use crate::ground::{namespace, printed, python};

const ASK: &str = "
import urllib.request, urllib.error, socket
def status(request):
    try:
        return urllib.request.urlopen(request, timeout=5).status
    except urllib.error.HTTPError as error:
        return error.code
ttl = {'x-aws-ec2-metadata-token-ttl-seconds': '60'}
put = urllib.request.Request('http://169.254.169.254/latest/api/token', headers=ttl, method='PUT')
print(status(put), status('http://169.254.169.254/latest/meta-data/'), status('http://169.254.170.2/creds'))
try:
    socket.create_connection(('192.0.2.1', 443), timeout=5)
except OSError as error:
    print(error.strerror)
";

#[test]
fn has_both_metadata_servers_and_no_way_out() {
    let answers = printed(&python(|python| namespace().command(python), ASK));
    assert_eq!(answers, "200 401 401\nNetwork is unreachable");
}

#[test]
fn reaches_its_own_services() {
    let script = format!(
        "import urllib.request; print(urllib.request.urlopen('{}/_ministack/health').status)",
        namespace().services_url()
    );
    assert_eq!(printed(&python(|python| namespace().command(python), &script)), "200");
}
