//! The version of a graph changes with what a run under way depends on, and with nothing else.

use agent_sdk::prelude::*;
use agent_sdk::workflow::Workflow;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, JsonSchema)]
struct Mail(String);

#[derive(Serialize, Deserialize, JsonSchema)]
struct Note(String);

impl Note {
    fn latest(self, later: Self) -> Self {
        drop(self);
        later
    }
}

/// A module whose graph has the same text as that of any other; what its words mean is given.
macro_rules! flow {
    ($name:ident, { $($state:tt)* }, { $($read:tt)* }) => {
        mod $name {
            use super::*;

            #[derive(WorkflowState)]
            struct Desk {
                $($state)*
            }

            #[executor(writes(Mail))]
            async fn store(
                text: String,
                ctx: &WorkflowContext<store>,
            ) -> Result<String, ExecutorError> {
                ctx.set::<Mail>(Mail(text.clone()));
                Ok(text)
            }

            $($read)*

            #[workflow(state = Desk)]
            pub fn flow(text: String) -> String {
                store >> read;
            }
        }
    };
    ($name:ident, { $($state:tt)* }) => {
        flow!($name, { $($state)* }, {
            #[executor(reads(Mail))]
            async fn read(
                text: String,
                ctx: &WorkflowContext<read>,
            ) -> Result<String, ExecutorError> {
                Ok(format!("{text} of {}", ctx.get::<Mail>().0))
            }
        });
    };
}

flow!(same, { mail: Mail, note: Note });
flow!(elsewhere, { mail: Mail, note: Note });
flow!(slot_renamed, { letter: Mail, note: Note });
flow!(slot_with_default, { mail: Mail, #[slot(default = Note(String::new()))] note: Note });
flow!(slot_merged, { mail: Mail, #[slot(reduce = Note::latest)] note: Note });
flow!(slot_added, { mail: Mail, note: Note, more: Keyed<String, Note> });
flow!(reads_nothing, { mail: Mail, note: Note }, {
    #[executor]
    async fn read(text: String) -> Result<String, ExecutorError> {
        Ok(text)
    }
});
flow!(writes, { mail: Mail, note: Note }, {
    #[executor(reads(Mail), writes(Note))]
    async fn read(text: String, ctx: &WorkflowContext<read>) -> Result<String, ExecutorError> {
        ctx.set::<Note>(Note(ctx.get::<Mail>().0));
        Ok(text)
    }
});
flow!(asks, { mail: Mail, note: Note }, {
    #[allow(non_camel_case_types)]
    #[request_port(response = String)]
    #[derive(Serialize, Deserialize, JsonSchema)]
    struct read(String);

    impl From<String> for read {
        fn from(text: String) -> Self {
            Self(text)
        }
    }
});
flow!(is_agent, { mail: Mail, note: Note }, {
    #[allow(non_camel_case_types)]
    #[agent(name = "Reader", instructions = "Read.")]
    struct read;
});
flow!(is_another_agent, { mail: Mail, note: Note }, {
    #[allow(non_camel_case_types)]
    #[agent(name = "Reviewer", instructions = "Read.")]
    struct read;
});

#[test]
fn a_version_has_what_a_run_depends_on_and_the_text_does_not_show() {
    let version = same::flow::GRAPH.version;
    let digits = version.chars().all(|c| c.is_ascii_hexdigit());
    assert!(version.len() == 32 && digits, "{version}");
    assert_eq!(version, elsewhere::flow::GRAPH.version, "code may be moved");
    let all = [
        version,
        slot_renamed::flow::GRAPH.version,
        slot_with_default::flow::GRAPH.version,
        slot_merged::flow::GRAPH.version,
        slot_added::flow::GRAPH.version,
        reads_nothing::flow::GRAPH.version,
        writes::flow::GRAPH.version,
        asks::flow::GRAPH.version,
        is_agent::flow::GRAPH.version,
        is_another_agent::flow::GRAPH.version,
    ];
    for (index, one) in all.iter().enumerate() {
        for (before, other) in all[..index].iter().enumerate() {
            assert_ne!(one, other, "{before} and {index}");
        }
    }
}
