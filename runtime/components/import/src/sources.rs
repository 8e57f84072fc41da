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
            url: args.url.to_string(),
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
        return Ok(Opened { name: source.shown_url().into(), source: Box::new(source) });
    }
    #[cfg(feature = "git")]
    if let Some(args) = args.downcast_ref::<alloy_config_blocks::ImportGitArgs>() {
        return git(args, cx);
    }
    Err(ComponentError::new("an import was given another block's arguments"))
}

#[cfg(feature = "git")]
fn git(
    args: &alloy_config_blocks::ImportGitArgs,
    cx: &SourceContext,
) -> Result<Opened, ComponentError> {
    use alloy_flow_git::{GitAuth, GitOptions, GitSource, SshKey};
    use alloy_flow_http::Hidden;

    let hidden = |secret: &alloy_value::Secret| Hidden::new(secret.expose());
    let auth = match (&args.basic_auth, &args.ssh_key) {
        (Some(basic), _) => {
            let (username, password) = (basic.username.clone(), hidden(&basic.password));
            GitAuth::Basic { username, password }
        }
        (None, Some(key)) => GitAuth::Ssh(SshKey {
            username: key.username.clone(),
            key: key.key.as_ref().map(hidden),
            key_file: (!key.key_file.is_empty()).then(|| key.key_file.as_str().into()),
            passphrase: key.passphrase.as_ref().map(hidden),
        }),
        (None, None) => GitAuth::None,
    };
    let options = GitOptions {
        repository: args.repository.to_string(),
        revision: args.revision.clone(),
        path: args.path.clone(),
        pull_frequency: args.pull_frequency,
        auth,
        data_dir: cx.data_dir.clone(),
        user_agent: cx.user_agent.to_string(),
    };
    let source = GitSource::new(options, Some(alloy_blocks::memory_dial(&cx.dialer)))
        .map_err(|error| ComponentError::new(error.to_string()))?;
    Ok(Opened { name: args.path.as_str().into(), source: Box::new(source) })
}
