-- What has failed is owed no more, and may have been given back by another refund since.
DELETE FROM refunds WHERE status = 'failed';
ALTER TABLE refunds DROP CONSTRAINT refunds_failure_check;
ALTER TABLE refunds DROP CONSTRAINT refunds_status_check;
ALTER TABLE refunds ADD CONSTRAINT refunds_status_check CHECK (status IN ('pending', 'done'));
ALTER TABLE refunds DROP COLUMN failure_code;
