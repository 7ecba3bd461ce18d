//! The samples of workflows, as somebody tries them: the real programs, sent the requests of their
//! own `demo.http`.

mod agents;
mod diagrams;
mod functions;
mod graphs;
mod humans;
mod requests;
mod services;

use std::collections::BTreeSet;
use std::error::Error;
use std::time::Duration;

use agent_tests::tools::{Sidecar, need, program, workspace};
use agent_tests::{Program, Running};
use requests::Request;
use reqwest::Client;
use serde_json::Value;
use tempfile::TempDir;

/// What the files of requests are written for.
const HOST: &str = "http://localhost:7071";
/// How long anything may take that has to happen.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK: Duration = Duration::from_millis(20);

/// A sample that has not been started, with a folder for its state.
struct Sample {
    folder: TempDir,
    program: Program,
    requests: Vec<Request>,
    /// Whether its state is with a service.
    is_elsewhere: bool,
}

impl Sample {
    /// Builds it, where a program can be built.
    fn new(package: &str) -> Result<Option<Self>, Box<dyn Error>> {
        Self::with(package, &[])
    }

    /// The same with these features.
    fn with(package: &str, features: &[&str]) -> Result<Option<Self>, Box<dyn Error>> {
        let Some(path) = need(program(package, features)) else {
            return Ok(None);
        };
        let folder = TempDir::new()?;
        let file = workspace().join("examples").join(package).join("demo.http");
        let requests = requests::parse(&std::fs::read_to_string(file)?)?;
        let titles: BTreeSet<&str> = requests.iter().map(|one| one.title.as_str()).collect();
        assert_eq!(titles.len(), requests.len(), "titles are told apart");
        Ok(Some(Self {
            program: Program::new(path, folder.path()),
            folder,
            requests,
            is_elsewhere: false,
        }))
    }

    /// With a variable of its environment.
    fn env(mut self, name: &str, value: &str) -> Self {
        self.program = self.program.env(name, value);
        self
    }

    /// As a worker of a service, which has its state.
    fn on(mut self, service: &Sidecar) -> Self {
        let arguments = ["--backend", "grpc", "--endpoint", &service.url()];
        self.program = self.program.on(arguments);
        self.is_elsewhere = true;
        self
    }

    /// Starts it, with the state that it had.
    async fn start(&self) -> Result<Demo<'_>, Box<dyn Error>> {
        let running = self.program.start().await?;
        Ok(Demo {
            sample: self,
            host: format!("http://localhost:{}", running.http().port()),
            running,
            client: Client::builder().no_proxy().timeout(PATIENCE).build()?,
            sent: BTreeSet::new(),
        })
    }

    /// What `graph` prints.
    fn graph(&self, workflow: &str) -> Result<String, Box<dyn Error>> {
        let output = self.program.command(["graph", workflow]).output()?;
        assert!(output.status.success(), "{output:?}");
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// A sample that runs.
struct Demo<'a> {
    sample: &'a Sample,
    host: String,
    running: Running,
    client: Client,
    sent: BTreeSet<String>,
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq)]
struct Answer {
    status: u16,
    content_type: String,
    text: String,
}

impl Answer {
    /// Its body, where it is JSON.
    fn json(&self) -> Value {
        assert_eq!(self.content_type, "application/json", "{self:?}");
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Its text, where it is nothing else.
    #[track_caller]
    fn plain(&self, status: u16) -> &str {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.content_type.starts_with("text/plain"), "{self:?}");
        &self.text
    }

    /// Its body as JSON, where its status is that.
    #[track_caller]
    fn with(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.json()
    }
}

impl Demo<'_> {
    /// The request of the file with that title.
    fn request(&self, title: &str) -> Request {
        let mut requests = self.sample.requests.iter();
        let found = requests.find(|request| request.title == title);
        let mut request = found.unwrap_or_else(|| panic!("no `{title}`")).clone();
        let path = request.url.strip_prefix(HOST);
        let path = path.unwrap_or_else(|| panic!("{title} is sent elsewhere"));
        request.url = format!("{}{path}", self.host);
        request
    }

    /// Sends the request of the file with that title.
    async fn send(&mut self, title: &str) -> Result<Answer, Box<dyn Error>> {
        let request = self.request(title);
        self.sent.insert(request.title.clone());
        self.transmit(&request).await
    }

    async fn transmit(&self, request: &Request) -> Result<Answer, Box<dyn Error>> {
        let mut builder = self.client.request(request.method.clone(), &request.url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        let response = builder.send().await?;
        let content_type = response.headers().get("content-type");
        let content_type = content_type.and_then(|value| value.to_str().ok());
        Ok(Answer {
            status: response.status().as_u16(),
            content_type: content_type.unwrap_or_default().to_owned(),
            text: response.text().await?,
        })
    }

    /// `GET` of a path below `/api`.
    async fn get(&self, path: &str) -> Result<Answer, Box<dyn Error>> {
        let request = Request {
            title: String::new(),
            method: reqwest::Method::GET,
            url: format!("{}/api/{path}", self.host),
            headers: Vec::new(),
            body: None,
        };
        self.transmit(&request).await
    }

    /// The status of a run, as soon as these requests are what it waits for.
    async fn waiting_for(
        &self,
        workflow: &str,
        run: &str,
        requests: &[&str],
    ) -> Result<Value, Box<dyn Error>> {
        let path = format!("workflow/{workflow}/status/{run}");
        let reached = async {
            loop {
                let status = self.get(&path).await?.with(200);
                let open = status["pendingHumanInputRequests"].as_array();
                let open = open.into_iter().flatten();
                let ids: Vec<&str> = open.filter_map(|one| one["requestId"].as_str()).collect();
                // A request is open while other nodes of its superstep still run.
                let custom = &status["customStatus"];
                let waits = custom["state"] == "waiting_for_human_input"
                    || custom.get("subworkflows").is_some();
                if waits && ids == requests {
                    return Ok(status);
                }
                let runs = &status["runtimeStatus"];
                assert!(runs == "Pending" || runs == "Running", "{status}");
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await?
    }

    /// Waits for the end of a run, which its events tell, and gives what came out. Its graph is the
    /// one that the program prints.
    async fn finished(&self, workflow: &str, run: &str) -> Result<Value, Box<dyn Error>> {
        let events = self
            .get(&format!("workflow/{workflow}/events/{run}"))
            .await?;
        assert_eq!(events.status, 200, "{events:?}");
        assert_eq!(events.content_type, "text/event-stream");
        let names = |text: &str| -> Vec<String> {
            let lines = text.lines().filter_map(|line| line.strip_prefix("event: "));
            lines.map(str::to_owned).collect()
        };
        let names = names(&events.text);
        assert_eq!(names.first().map(String::as_str), Some("started"));
        assert_eq!(names.last().map(String::as_str), Some("completed"));
        let mut data = events
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("data: "));
        let last: Value = serde_json::from_str(data.next_back().unwrap_or_default())?;

        let graph = self
            .get(&format!("workflow/{workflow}/graph?format=mermaid"))
            .await?;
        assert_eq!(
            graph.text.trim_end(),
            self.sample.graph(workflow)?.trim_end()
        );
        let status = self
            .get(&format!("workflow/{workflow}/status/{run}"))
            .await?;
        let status = status.with(200);
        assert_eq!(status["runtimeStatus"], "Completed");
        assert_eq!(
            status["output"], last["data"],
            "the events and the status agree"
        );
        Ok(status["output"].clone())
    }

    /// What the program printed behind these words, once it did.
    async fn printed(&self, words: &str) -> Result<String, Box<dyn Error>> {
        let reached = async {
            loop {
                let output = self.running.output();
                let mut lines = output.split_inclusive('\n');
                let line = lines.find_map(|line| line.strip_prefix(words)?.strip_suffix('\n'));
                if let Some(line) = line {
                    return line.to_owned();
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        Ok(tokio::time::timeout(PATIENCE, reached).await?)
    }

    /// Ends it. Every request of its file has been sent, and nothing in it panicked.
    async fn end(self) -> Result<(), Box<dyn Error>> {
        for request in &self.sample.requests {
            assert!(
                self.sent.contains(&request.title),
                "{} is not sent",
                request.title
            );
        }
        let output = self.running.output();
        assert!(!output.contains("panicked"), "{output}");
        assert!(self.running.terminate().await?.success());
        let has_hub = self.sample.folder.path().join("hub.db").exists();
        assert_eq!(has_hub, !self.sample.is_elsewhere);
        Ok(())
    }
}

/// The id of a run that was started in the form of the plural routes.
fn run_id(started: &Answer, workflow: &str) -> String {
    let begin = format!("Workflow orchestration started for {workflow}. Orchestration runId: ");
    let id = started.plain(202).trim().strip_prefix(&begin);
    id.unwrap_or_else(|| panic!("{started:?}")).to_owned()
}
