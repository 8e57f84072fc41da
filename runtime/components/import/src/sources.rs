//! Which source the arguments of an import name.

use std::sync::Arc;

use alloy_component::ComponentError;
use alloy_config_blocks::{ImportDetector, ImportFileArgs, ImportHttpArgs, ImportStringArgs};
use alloy_flow_module_source::{
    Detector, FileOptions, FileSource, HttpOptions, HttpSource, StringSource,
};
use alloy_value::ArcArgs;

use crate::run::{Source, SourceContext};

/// A source that can be read.
pub(crate) struct Opened {
    /// What messages call it: a path, a URL.
    pub(crate) name: Arc<str>,
    pub(crate) source: Source,
}

/// Makes the source that the arguments ask for. Reads nothing yet.
pub(crate) fn open(args: &ArcArgs, cx: &SourceContext) -> Result<Opened, ComponentError> {
    if let Some(args) = args.downcast_ref::<ImportFileArgs>() {
        let detector = match args.detector {
            ImportDetector::Fsnotify => Detector::Events,
            ImportDetector::Poll => Detector::Poll,
        };
        let source = FileSource::new(FileOptions {
            filename: args.filename.clone().into(),
            detector,
            poll_frequency: args.poll_frequency,
        });
        return Ok(Opened { name: args.filename.as_str().into(), source: Box::new(source) });
    }
    if let Some(args) = args.downcast_ref::<ImportStringArgs>() {
        let source = StringSource::new(args.content.expose(), String::new());
        return Ok(Opened { name: "import_string".into(), source: Box::new(source) });
    }
    if let Some(args) = args.downcast_ref::<ImportHttpArgs>() {
        let options = HttpOptions {
            url: args.url.clone(),
            method: args.method.clone(),
            headers: args.headers.clone(),
            body: args.body.clone(),
            poll_frequency: args.poll_frequency,
            poll_timeout: args.poll_timeout,
            client: args.client.client.config(&cx.user_agent),
        };
        let dial = alloy_blocks::memory_dial(&cx.dialer);
        let source = HttpSource::new(options, Some(dial))
            .map_err(|error| ComponentError::new(error.to_string()))?;
        return Ok(Opened { name: args.url.as_str().into(), source: Box::new(source) });
    }
    Err(ComponentError::new("an import was given another block's arguments"))
}
