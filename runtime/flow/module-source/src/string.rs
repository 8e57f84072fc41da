//! Text from an expression.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::{ContentBuilder, Loaded, ModuleSource, SourceError, Update};

/// Name of the only file.
const NAME: &str = "import_string";

/// Gives a text that never changes by itself.
#[derive(Debug)]
pub struct StringSource {
    text: Arc<str>,
    module_path: String,
}

impl StringSource {
    /// `module_path` is the one of the scope around.
    pub fn new(text: impl Into<Arc<str>>, module_path: String) -> Self {
        Self { text: text.into(), module_path }
    }
}

impl ModuleSource for StringSource {
    fn load(&mut self) -> BoxFuture<'_, Result<Loaded, SourceError>> {
        let result = (|| {
            let mut content = ContentBuilder::default();
            content.add(NAME.to_owned(), NAME, self.text.as_bytes().to_vec())?;
            Ok(Loaded::fresh(content.finish(self.module_path.clone())))
        })();
        std::future::ready(result).boxed()
    }

    fn next(&mut self) -> BoxFuture<'_, Update> {
        std::future::pending().boxed()
    }
}
