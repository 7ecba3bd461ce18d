//! `cargo xtask smoke`: what a stranger does first, on a free port.

use std::error::Error;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::command::{self, cargo};

/// How long the example may take until it listens.
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// A word of the answer that only the tool's result can have brought.
const EXPECTED: &str = "Seattle";

/// Builds the example, starts it, runs the README's `curl` against it, and asks it once from the
/// command line.
pub fn run(root: &Path) -> Result<(), Box<dyn Error>> {
    command::run(cargo(root, &["build", "--workspace", "--bins", "--locked"]))?;
    let program = command::target(root).join("debug/weather-agent");
    let folder = std::env::temp_dir().join(format!("agent-smoke-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let result = serve(root, &program, &folder).and_then(|()| ask(&program, &folder));
    std::fs::remove_dir_all(&folder)?;
    result
}

/// Ends the server when the test is over, however it went.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(root: &Path, program: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    let port = free_port()?;
    let mut server = Server(
        example(program, folder)
            .args(["run", "--port", &port.to_string()])
            .spawn()?,
    );
    let deadline = Instant::now() + START_TIMEOUT;
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if let Some(status) = server.0.try_wait()? {
            return Err(format!("the example ended: {status}").into());
        }
        if Instant::now() > deadline {
            return Err(format!("the example does not listen after {START_TIMEOUT:?}").into());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let readme = std::fs::read_to_string(root.join("README.md"))?;
    let curl = curl_of(&readme).ok_or("the README has no curl command")?;
    let curl = curl.replace(":7071", &format!(":{port}"));
    let output = Command::new("sh").args(["-c", &curl]).output()?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("`{curl}` (is curl installed?): {text}").into());
    }
    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
    expect(&curl, &answer)
}

fn ask(program: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    let question = "What is the weather in Seattle?";
    let output = example(program, folder).args(["ask", question]).output()?;
    if !output.status.success() {
        return Err(format!("ask: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    expect("ask", &String::from_utf8_lossy(&output.stdout))
}

/// The example on the offline model, whatever keys this machine has.
fn example(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .env("AGENT_MODEL", "offline")
        .env_remove("OPENAI_API_KEY")
        .env_remove("AGENT_HUB");
    command
}

fn expect(what: &str, answer: &str) -> Result<(), Box<dyn Error>> {
    println!("{what}: {}", answer.trim());
    if answer.contains(EXPECTED) {
        Ok(())
    } else {
        Err(format!("{what}: no word of {EXPECTED} in the answer").into())
    }
}

/// The first `curl` command of a text, its continued lines joined.
fn curl_of(text: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with("curl "));
    let mut command = String::new();
    loop {
        let line = lines.next()?;
        match line.strip_suffix('\\') {
            Some(part) => command.push_str(part),
            None => return Some(command + line),
        }
    }
}

fn free_port() -> Result<u16, Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curl_command_is_found_and_joined() {
        let text = "Text.\n\n```sh\ncurl -X POST localhost:7071/a \\\n  -d '{}'\n```\n";
        assert_eq!(
            curl_of(text).as_deref(),
            Some("curl -X POST localhost:7071/a   -d '{}'")
        );
        assert_eq!(curl_of("no command"), None);
    }
}
