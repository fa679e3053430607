use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;
use windlass_engine::{Finished, Prepared, StepEnd};
use windlass_store::{ExecutionRow, State, Store, StoreError, TableRow};

use super::attempts::that_count;
use windlass_plugin_api::frames::Chart;

use crate::follow::step_end;

/// An execution, as far as it got.
pub(crate) struct Execution {
    pub(crate) id: Uuid,
    pub(crate) project: String,
    pub(crate) job: String,
    pub(crate) state: State,
    pub(crate) steps: Vec<StepEnd>,
}

/// What a step left.
pub(crate) struct StepResults {
    /// How it ended; of a step of a job that a step ran, its path begins with that of the step.
    pub(crate) end: StepEnd,
    /// Whether it is the last attempt.
    pub(crate) counts: bool,
    /// In the order of their names; none when it does not count.
    pub(crate) tables: Vec<StepTable>,
    /// As the tables.
    pub(crate) files: Vec<StepFile>,
    /// As the tables.
    pub(crate) charts: Vec<Chart>,
}

/// A table of a step.
pub(crate) struct StepTable {
    pub(crate) execution: Uuid,
    pub(crate) position: i32,
    /// The path of its step.
    pub(crate) step: String,
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    /// How many there are.
    pub(crate) rows: u64,
}

/// A file that a step left.
pub(crate) struct StepFile {
    pub(crate) execution: Uuid,
    pub(crate) position: i32,
    /// The path of its step.
    pub(crate) step: String,
    pub(crate) name: String,
}

impl Execution {
    /// One that this process ran.
    pub(crate) fn ran(prepared: &Prepared, end: Finished) -> Self {
        let (project, job) = (prepared.project.to_string(), prepared.job.name.clone());
        Self { id: end.execution, project, job, state: end.state, steps: end.steps }
    }

    /// One that is recorded.
    pub(crate) async fn recorded(store: &Store, row: &ExecutionRow) -> Result<Self, StoreError> {
        let steps = store.steps(row.id).await?;
        let steps = steps.iter().map(|step| step_end(step, step.path.clone())).collect();
        let (project, job) = (row.project.clone(), row.job.clone());
        Ok(Self { id: row.id, project, job, state: row.state, steps })
    }

    /// What its own steps left, one for each that began.
    pub(crate) async fn own_results(&self, store: &Store) -> Result<Vec<StepResults>, StoreError> {
        let counting = that_count(&self.steps);
        let mut kept: BTreeMap<i32, Vec<TableRow>> = BTreeMap::new();
        for table in store.tables(self.id).await? {
            kept.entry(table.position).or_default().push(table);
        }
        let mut charts: BTreeMap<i32, Vec<Chart>> = BTreeMap::new();
        for row in store.charts(self.id).await? {
            charts.entry(row.position).or_default().extend(serde_json::from_str::<Chart>(&row.definition));
        }
        let results = self.steps.iter().map(|end| {
            let counts = counting.contains(&end.position);
            let kept = kept.remove(&end.position).filter(|_| counts).unwrap_or_default();
            let (tables, files): (Vec<_>, Vec<_>) = kept.into_iter().partition(|row| row.content_type.is_none());
            StepResults {
                end: end.clone(),
                counts,
                tables: tables.into_iter().map(|row| StepTable::of(self.id, &end.step, row)).collect(),
                files: files.into_iter().map(|row| StepFile::of(self.id, &end.step, row)).collect(),
                charts: charts.remove(&end.position).filter(|_| counts).unwrap_or_default(),
            }
        });
        Ok(results.collect())
    }

    /// The files of the last attempts.
    pub(crate) async fn files(&self, store: &Store) -> Result<Vec<StepFile>, StoreError> {
        Ok(self.results(store).await?.into_iter().flat_map(|step| step.files).collect())
    }

    /// What its steps left whose results count, and after each those of the job that it ran.
    pub(crate) async fn results(&self, store: &Store) -> Result<Vec<StepResults>, StoreError> {
        let own: Vec<StepResults> = self.own_results(store).await?.into_iter().filter(|step| step.counts).collect();
        if !own.iter().any(StepResults::ran_a_job) {
            return Ok(own);
        }
        let children: BTreeMap<i32, Uuid> =
            store.steps(self.id).await?.iter().filter_map(|row| Some((row.position, row.child?))).collect();
        let mut all = Vec::new();
        for step in own {
            let (path, child) = (step.end.step.clone(), children.get(&step.end.position).copied());
            all.push(step);
            if let Some(row) = match child {
                Some(child) => store.execution(child).await?,
                None => None,
            } {
                let inner = Self::recorded(store, &row).await?;
                let inner = Box::pin(inner.results(store)).await?;
                all.extend(inner.into_iter().map(|step| step.below(&path)));
            }
        }
        Ok(all)
    }
}

impl StepResults {
    /// Its outputs by name.
    pub(crate) fn outputs(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.end.outputs.iter().filter_map(Value::as_object).flatten()
    }

    fn ran_a_job(&self) -> bool {
        self.end.uses.starts_with("job ")
    }

    fn below(mut self, outer: &str) -> Self {
        let inside = |path: &str| format!("{outer}/{path}");
        self.end.step = inside(&self.end.step);
        self.tables.iter_mut().for_each(|table| table.step = inside(&table.step));
        self.files.iter_mut().for_each(|file| file.step = inside(&file.step));
        self
    }
}

impl StepTable {
    fn of(execution: Uuid, step: &str, row: TableRow) -> Self {
        let columns = serde_json::from_str(&row.columns).unwrap_or_default();
        let rows = u64::try_from(row.rows).unwrap_or_default();
        Self { execution, position: row.position, step: step.to_owned(), name: row.name, columns, rows }
    }
}

impl StepFile {
    fn of(execution: Uuid, step: &str, row: TableRow) -> Self {
        Self { execution, position: row.position, step: step.to_owned(), name: row.name }
    }
}
