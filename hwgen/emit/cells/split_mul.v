// hwgen_mul on multiplier blocks of limited width: the operands are cut into chunks, each pair of chunks takes one block,
// or partial products in LUTs where one chunk is short. The family's file defines
//   HWGEN_DSP_BITS    width of the block's signed operands
//   HWGEN_CHUNK_BITS  widest unsigned operand the block takes
//   HWGEN_LUT_ROWS    up to so many partial products are cheaper than a block
// and hwgen_dsp.

// One signed product, latency 3: operands, products of chunks, their sum.
module hwgen_mul #(
    parameter A_BITS = 16,
    parameter B_BITS = 16
) (
    input  wire                     clk,
    input  wire [A_BITS-1:0]        a,
    input  wire [B_BITS-1:0]        b,
    output wire [A_BITS+B_BITS-1:0] p
);
    localparam P_BITS = A_BITS + B_BITS;
    localparam CHUNK = `HWGEN_CHUNK_BITS;
    localparam A_CHUNKS = (A_BITS <= `HWGEN_DSP_BITS) ? 1 : 1 + (A_BITS - `HWGEN_DSP_BITS + CHUNK - 1) / CHUNK;
    localparam B_CHUNKS = (B_BITS <= `HWGEN_DSP_BITS) ? 1 : 1 + (B_BITS - `HWGEN_DSP_BITS + CHUNK - 1) / CHUNK;
    localparam TERMS = 2 * A_CHUNKS * B_CHUNKS;
    genvar i, j;
    generate
        if (TERMS == 2) begin : whole
            hwgen_dsp #(.A_BITS(A_BITS), .B_BITS(B_BITS), .A_SIGNED(1), .B_SIGNED(1), .LATENCY(3))
                dsp (.clk(clk), .a(a), .b(b), .p(p));
        end else begin : split
            wire [TERMS*P_BITS-1:0] terms;
            for (i = 0; i < A_CHUNKS; i = i + 1) begin : row
                for (j = 0; j < B_CHUNKS; j = j + 1) begin : column
                    hwgen_mul_part #(
                        .A_BITS((i == A_CHUNKS - 1) ? A_BITS - i * CHUNK : CHUNK),
                        .B_BITS((j == B_CHUNKS - 1) ? B_BITS - j * CHUNK : CHUNK),
                        .A_SIGNED(i == A_CHUNKS - 1),
                        .B_SIGNED(j == B_CHUNKS - 1),
                        .SHIFT((i + j) * CHUNK),
                        .P_BITS(P_BITS)
                    ) part (
                        .clk(clk),
                        .a(a[((i == A_CHUNKS - 1) ? A_BITS : (i + 1) * CHUNK) - 1 : i * CHUNK]),
                        .b(b[((j == B_CHUNKS - 1) ? B_BITS : (j + 1) * CHUNK) - 1 : j * CHUNK]),
                        .low(terms[2 * (i * B_CHUNKS + j) * P_BITS +: P_BITS]),
                        .high(terms[(2 * (i * B_CHUNKS + j) + 1) * P_BITS +: P_BITS])
                    );
                end
            end
            reg [P_BITS-1:0] sum, sum_r;
            integer t;
            always @* begin
                sum = terms[0 +: P_BITS];
                for (t = 1; t < TERMS; t = t + 1) sum = sum + terms[t*P_BITS +: P_BITS];
            end
            always @(posedge clk) sum_r <= sum;
            assign p = sum_r;
        end
    endgenerate
endmodule

// The product of two chunks as two terms of the whole product, latency 2.
module hwgen_mul_part #(
    parameter A_BITS = 2,
    parameter B_BITS = 16,
    parameter A_SIGNED = 1,
    parameter B_SIGNED = 1,
    parameter SHIFT = 0,
    parameter P_BITS = 18
) (
    input  wire              clk,
    input  wire [A_BITS-1:0] a,
    input  wire [B_BITS-1:0] b,
    output wire [P_BITS-1:0] low,
    output wire [P_BITS-1:0] high
);
    localparam Q_BITS = A_BITS + B_BITS;
    generate
        if (A_BITS <= `HWGEN_LUT_ROWS) begin : rows_of_a
            hwgen_mul_rows #(.S_BITS(A_BITS), .S_SIGNED(A_SIGNED), .Y_BITS(B_BITS), .Y_SIGNED(B_SIGNED),
                             .SHIFT(SHIFT), .P_BITS(P_BITS))
                rows (.clk(clk), .s(a), .y(b), .low(low), .high(high));
        end else if (B_BITS <= `HWGEN_LUT_ROWS) begin : rows_of_b
            hwgen_mul_rows #(.S_BITS(B_BITS), .S_SIGNED(B_SIGNED), .Y_BITS(A_BITS), .Y_SIGNED(A_SIGNED),
                             .SHIFT(SHIFT), .P_BITS(P_BITS))
                rows (.clk(clk), .s(b), .y(a), .low(low), .high(high));
        end else begin : block
            wire [Q_BITS-1:0] q;
            hwgen_dsp #(.A_BITS(A_BITS), .B_BITS(B_BITS), .A_SIGNED(A_SIGNED), .B_SIGNED(B_SIGNED), .LATENCY(2))
                dsp (.clk(clk), .a(a), .b(b), .p(q));
            wire fill = (A_SIGNED != 0 || B_SIGNED != 0) ? q[Q_BITS-1] : 1'b0;
            if (P_BITS == Q_BITS + SHIFT) begin : top
                assign low = {q, {SHIFT{1'b0}}};
                wire unused = fill;
            end else if (SHIFT == 0) begin : bottom
                assign low = {{P_BITS-Q_BITS{fill}}, q};
            end else begin : middle
                assign low = {{P_BITS-Q_BITS-SHIFT{fill}}, q, {SHIFT{1'b0}}};
            end
            assign high = {P_BITS{1'b0}};
        end
    endgenerate
endmodule

// Partial products of a short operand s, in LUTs: the lower and the upper half of its bits, latency 2.
module hwgen_mul_rows #(
    parameter S_BITS = 2,
    parameter S_SIGNED = 1,
    parameter Y_BITS = 16,
    parameter Y_SIGNED = 1,
    parameter SHIFT = 0,
    parameter P_BITS = 18
) (
    input  wire              clk,
    input  wire [S_BITS-1:0] s,
    input  wire [Y_BITS-1:0] y,
    output reg  [P_BITS-1:0] low,
    output reg  [P_BITS-1:0] high
);
    reg [S_BITS-1:0] s_r;
    reg [Y_BITS-1:0] y_r;
    wire [P_BITS-1:0] wide = {{P_BITS-Y_BITS{(Y_SIGNED != 0) & y_r[Y_BITS-1]}}, y_r};
    reg [P_BITS-1:0] low_sum, high_sum;
    integer k;
    always @* begin
        low_sum = {P_BITS{1'b0}};
        high_sum = {P_BITS{1'b0}};
        for (k = 0; k < S_BITS; k = k + 1) begin
            if (s_r[k]) begin
                if (k < S_BITS / 2) low_sum = low_sum + (wide << (k + SHIFT));
                else if (S_SIGNED != 0 && k == S_BITS - 1) high_sum = high_sum - (wide << (k + SHIFT));
                else high_sum = high_sum + (wide << (k + SHIFT));
            end
        end
    end
    always @(posedge clk) begin
        s_r  <= s;
        y_r  <= y;
        low  <= low_sum;
        high <= high_sum;
    end
endmodule
