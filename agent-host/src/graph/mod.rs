//! Pictures of workflows for the command line and the routes.

mod pictures;
mod svg;

use std::str::FromStr;

use agent_sdk::model::ScriptedModel;
use agent_sdk::workflow::{Graph, GraphFormat, GraphView};

use crate::app::FunctionApp;
use crate::cli::GraphOptions;
use crate::error::HostError;
pub(crate) use pictures::{NotDrawn, Pictures};
use svg::TooLarge;

/// How a graph is asked for: `mermaid`, `dot`, `json` or `svg`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// One of the forms that are text.
    Text(GraphFormat),
    /// A picture that browsers show.
    Svg,
}

impl Format {
    /// What a browser is told that it gets.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Text(GraphFormat::Json) => "application/json",
            Self::Text(GraphFormat::Dot) => "text/vnd.graphviz; charset=utf-8",
            Self::Text(_) => "text/plain; charset=utf-8",
            Self::Svg => "image/svg+xml",
        }
    }

    /// The picture.
    fn render(self, view: &GraphView) -> Result<String, TooLarge> {
        match self {
            Self::Text(format) => Ok(view.render(format)),
            Self::Svg => svg::svg(view),
        }
    }
}

/// The picture that the command line asks for. Nothing is opened or started for it.
pub(crate) fn print(app: FunctionApp, options: &GraphOptions) -> Result<String, HostError> {
    // Which model would answer makes no difference to the picture.
    let app = app
        .app
        .model(std::sync::Arc::new(ScriptedModel::new()))
        .build()?;
    let all: Vec<&'static Graph> = app.workflows().collect();
    let wrong = |problem: String| HostError::WhichGraph {
        problem,
        workflows: all.iter().map(|graph| graph.name.to_owned()).collect(),
    };
    let graph = match (&options.workflow, all.as_slice()) {
        (Some(name), _) => {
            let found = app.workflow(name);
            found.ok_or_else(|| wrong(format!("there is no workflow `{name}`")))?
        }
        (None, [only]) => only,
        (None, _) => return Err(wrong(String::from("say of which workflow: `graph NAME`"))),
    };
    let picture = options.format.render(&GraphView::of(graph));
    picture.map_err(|error| HostError::NotDrawn {
        problem: error.to_string(),
    })
}

/// A form that there is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no format `{0}`; there are `mermaid`, `dot`, `json` and `svg`")]
pub(crate) struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        match name.to_ascii_lowercase().as_str() {
            "mermaid" => Ok(Self::Text(GraphFormat::Mermaid)),
            "dot" => Ok(Self::Text(GraphFormat::Dot)),
            "json" => Ok(Self::Text(GraphFormat::Json)),
            "svg" => Ok(Self::Svg),
            _ => Err(UnknownFormat(name.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_have_names() {
        assert_eq!("SVG".parse(), Ok(Format::Svg));
        assert_eq!("dot".parse(), Ok(Format::Text(GraphFormat::Dot)));
        let error = "png".parse::<Format>().unwrap_err();
        assert!(error.to_string().contains("`png`"), "{error}");
    }
}
